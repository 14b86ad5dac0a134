output "services" {
  description = "APIs that are on; what needs them depends on this."
  value       = sort(keys(google_project_service.this))
}

output "number" {
  description = "Number of the project, which Google's own accounts are named after."
  value       = data.google_project.this.number
}
