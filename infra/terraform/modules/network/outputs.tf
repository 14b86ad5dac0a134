output "network_id" {
  description = "Id of the network."
  value       = google_compute_network.this.id
}

output "subnet_ids" {
  description = "Ids of the subnets: nodes, dataproc."
  value       = { for name, subnet in google_compute_subnetwork.this : name => subnet.id }
}

output "secondary_ranges" {
  description = "Names of the nodes' subnet's ranges for pods and Services."
  value       = { for name in keys(local.subnets.nodes.secondary) : name => name }
}

output "ranges" {
  description = "The ranges, defaults filled in."
  value       = var.ranges
}

output "tags" {
  description = "Network tags that the firewall's rules are for: node, dataproc."
  value       = { node = local.node_tag, dataproc = local.dataproc_tag }
}
