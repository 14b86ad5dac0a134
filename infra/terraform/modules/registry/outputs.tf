output "url" {
  description = "What the images' names begin with: `make release REGISTRY=`, the chart's global.images.registry."
  value       = "${google_artifact_registry_repository.this.location}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.this.repository_id}"
}
