output "names" {
  description = "Names of the buckets."
  value       = { for name, bucket in google_storage_bucket.this : name => bucket.name }
}

output "urls" {
  description = "Addresses of the buckets, as gs://name."
  value       = { for name, bucket in google_storage_bucket.this : name => "gs://${bucket.name}" }
}
