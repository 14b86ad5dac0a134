# A network of private machines. Nothing reaches them from outside but what a load balancer brings; they reach the outside
# by NAT (the source's API, operators' images), and Google's APIs without it.

locals {
  node_tag     = "${var.name}-node"
  dataproc_tag = "${var.name}-dataproc"

  subnets = {
    nodes = {
      range     = var.ranges.nodes
      secondary = { pods = var.ranges.pods, services = var.ranges.services }
    }
    dataproc = {
      range     = var.ranges.dataproc
      secondary = {}
    }
  }
}

resource "google_compute_network" "this" {
  project                 = var.project_id
  name                    = var.name
  auto_create_subnetworks = false
  routing_mode            = "REGIONAL"
}

resource "google_compute_subnetwork" "this" {
  for_each = local.subnets

  project                  = var.project_id
  region                   = var.region
  network                  = google_compute_network.this.id
  name                     = "${var.name}-${each.key}"
  ip_cidr_range            = each.value.range
  private_ip_google_access = true

  dynamic "secondary_ip_range" {
    for_each = each.value.secondary
    content {
      range_name    = secondary_ip_range.key
      ip_cidr_range = secondary_ip_range.value
    }
  }

  dynamic "log_config" {
    for_each = var.flow_logs[*]
    content {
      aggregation_interval = log_config.value.interval
      flow_sampling        = log_config.value.sampling
      metadata             = "INCLUDE_ALL_METADATA"
    }
  }
}

resource "google_compute_router" "this" {
  project = var.project_id
  region  = var.region
  network = google_compute_network.this.id
  name    = var.name
}

resource "google_compute_router_nat" "this" {
  project                             = var.project_id
  region                              = var.region
  router                              = google_compute_router.this.name
  name                                = var.name
  nat_ip_allocate_option              = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat  = "LIST_OF_SUBNETWORKS"
  enable_dynamic_port_allocation      = true
  enable_endpoint_independent_mapping = false

  dynamic "subnetwork" {
    for_each = google_compute_subnetwork.this
    content {
      name                    = subnetwork.value.id
      source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
    }
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# A network refuses what no rule allows. GKE makes its own rules for nodes, pods, the control plane and load balancers.
resource "google_compute_firewall" "webhooks" {
  count = length(var.webhook_ports) > 0 ? 1 : 0

  project       = var.project_id
  network       = google_compute_network.this.name
  name          = "${var.name}-webhooks"
  description   = "The control plane calls the operators' webhooks."
  direction     = "INGRESS"
  source_ranges = [var.ranges.control_plane]
  target_tags   = [local.node_tag]

  allow {
    protocol = "tcp"
    ports    = [for port in sort([for number in var.webhook_ports : format("%05d", number)]) : tostring(tonumber(port))]
  }
}

resource "google_compute_firewall" "dataproc" {
  project     = var.project_id
  network     = google_compute_network.this.name
  name        = "${var.name}-dataproc"
  description = "Machines of a Dataproc cluster talk to one another on ports that they choose."
  direction   = "INGRESS"
  source_tags = [local.dataproc_tag]
  target_tags = [local.dataproc_tag]

  allow {
    protocol = "tcp"
  }
  allow {
    protocol = "udp"
  }
  allow {
    protocol = "icmp"
  }
}

resource "google_compute_firewall" "dataproc_to_pods" {
  count = length(var.dataproc_to_pods_ports) > 0 ? 1 : 0

  project       = var.project_id
  network       = google_compute_network.this.name
  name          = "${var.name}-dataproc-to-pods"
  description   = "Jobs on Dataproc use stores that run in the cluster."
  direction     = "INGRESS"
  source_ranges = [var.ranges.dataproc]
  target_tags   = [local.node_tag]

  allow {
    protocol = "tcp"
    ports    = [for port in sort([for number in var.dataproc_to_pods_ports : format("%05d", number)]) : tostring(tonumber(port))]
  }
}
