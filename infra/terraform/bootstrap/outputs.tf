output "bucket" {
  description = "Name of the bucket."
  value       = google_storage_bucket.state.name
}

output "init_command" {
  description = "How an environment finds its state."
  value       = "init -backend-config=bucket=${google_storage_bucket.state.name} -backend-config=prefix=gridpulse/ENVIRONMENT"
}
