output "clusters" {
  description = "Names of the clusters."
  value       = { for name, cluster in google_dataproc_cluster.this : name => cluster.name }
}

output "bundle" {
  description = "Where the clusters look for what `make dataproc-bundle` made."
  value       = var.bundle
}

output "results" {
  description = "Where questions that are asked here put their answers."
  value       = local.results
}
