output "name" {
  description = "Name of the cluster."
  value       = google_container_cluster.this.name
}

output "workload_pool" {
  description = "Pool of the identities of its pods."
  value       = google_container_cluster.this.workload_identity_config[0].workload_pool
}

output "pools" {
  description = "Node selector and tolerations for the pods of each node pool."
  value = {
    for name, pool in var.node_pools : name => {
      node_selector = { (local.pool_label) = name }
      tolerations = pool.dedicated ? [
        { key = local.pool_label, operator = "Equal", value = name, effect = "NoSchedule" },
      ] : []
    }
  }
}

output "credentials_command" {
  description = "What lets kubectl in."
  value       = "gcloud container clusters get-credentials ${google_container_cluster.this.name} --project ${var.project_id} --location ${var.region}${var.network.external_dns_control ? " --dns-endpoint" : " --internal-ip"}"
}
