# A regional cluster of private nodes. Versions are the release channel's: nothing here names one, so that an upgrade is
# never a change of this plan, and never makes anything anew.

locals {
  pool_label = "gridpulse/pool"
}

resource "google_container_cluster" "this" {
  #checkov:skip=CKV_GCP_12:Dataplane V2 (datapath_provider) enforces NetworkPolicies; this field is of the older plugin, and the two exclude one another.
  #checkov:skip=CKV_GCP_65:Groups for RBAC need a Workspace domain with a group gke-security-groups, which not everybody has; IAM says who gets in.
  #checkov:skip=CKV_GCP_66:The operators' images come from their makers' registries and carry no attestation of ours. Our own are named by digest.
  project             = var.project_id
  location            = var.region
  node_locations      = var.zones
  name                = var.name
  description         = "GridPulse: Kafka, Cassandra, Spark and the services"
  deletion_protection = var.deletion_protection
  resource_labels     = var.labels

  network                     = var.network.network_id
  subnetwork                  = var.network.subnet_id
  networking_mode             = "VPC_NATIVE"
  datapath_provider           = "ADVANCED_DATAPATH" # Dataplane V2: it enforces the chart's NetworkPolicies
  enable_intranode_visibility = true
  enable_shielded_nodes       = true

  # The pools are resources of their own. The first one, which a cluster can't be made without, goes at once.
  remove_default_node_pool = true
  initial_node_count       = 1

  node_config {
    service_account = var.node_service_account
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    tags            = [var.network.node_tag]
    image_type      = "COS_CONTAINERD"

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  ip_allocation_policy {
    cluster_secondary_range_name  = var.network.pods_range
    services_secondary_range_name = var.network.services_range
  }

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = true
    master_ipv4_cidr_block  = var.network.control_plane_range

    master_global_access_config {
      enabled = false
    }
  }

  control_plane_endpoints_config {
    dns_endpoint_config {
      allow_external_traffic = var.network.external_dns_control
    }
  }

  master_authorized_networks_config {
    gcp_public_cidrs_access_enabled = false

    dynamic "cidr_blocks" {
      for_each = var.network.authorized_networks
      content {
        display_name = cidr_blocks.key
        cidr_block   = cidr_blocks.value
      }
    }
  }

  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }

  workload_identity_config {
    workload_pool = "${var.project_id}.svc.id.goog"
  }

  release_channel {
    channel = var.release_channel
  }

  maintenance_policy {
    recurring_window {
      start_time = var.maintenance.start
      end_time   = var.maintenance.end
      recurrence = var.maintenance.recurrence
    }

    dynamic "maintenance_exclusion" {
      for_each = var.maintenance.exclusions
      content {
        exclusion_name = maintenance_exclusion.key
        start_time     = maintenance_exclusion.value.start
        end_time       = maintenance_exclusion.value.end

        exclusion_options {
          scope = maintenance_exclusion.value.scope
        }
      }
    }
  }

  addons_config {
    gce_persistent_disk_csi_driver_config {
      enabled = true
    }
    horizontal_pod_autoscaling {
      disabled = false
    }
    http_load_balancing {
      disabled = false
    }
    dns_cache_config {
      enabled = true
    }
  }

  gateway_api_config {
    channel = "CHANNEL_STANDARD"
  }

  logging_config {
    enable_components = ["SYSTEM_COMPONENTS", "WORKLOADS"]
  }

  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS"]

    managed_prometheus {
      enabled = var.managed_prometheus
    }
  }

  security_posture_config {
    mode               = "BASIC"
    vulnerability_mode = "VULNERABILITY_DISABLED" # the registry scans images
  }

  cost_management_config {
    enabled = true
  }

  dynamic "database_encryption" {
    for_each = var.kms_key[*]
    content {
      state    = "ENCRYPTED"
      key_name = database_encryption.value
    }
  }

  lifecycle {
    # Of the first pool, which is gone.
    ignore_changes = [node_config, initial_node_count]
  }
}

resource "google_container_node_pool" "this" {
  for_each = var.node_pools

  project        = var.project_id
  location       = var.region
  cluster        = google_container_cluster.this.name
  name           = each.key
  node_locations = coalesce(each.value.zones, var.zones)

  initial_node_count = each.value.min_per_zone
  max_pods_per_node  = each.value.max_pods

  autoscaling {
    min_node_count  = each.value.min_per_zone
    max_node_count  = each.value.max_per_zone
    location_policy = each.value.spot ? "ANY" : "BALANCED"
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  # One more machine is there before one is drained.
  upgrade_settings {
    strategy        = "SURGE"
    max_surge       = each.value.max_surge
    max_unavailable = 0
  }

  network_config {
    enable_private_nodes = true
  }

  node_config {
    machine_type      = each.value.machine_type
    disk_size_gb      = each.value.disk_gb
    disk_type         = each.value.disk_type
    spot              = each.value.spot
    image_type        = "COS_CONTAINERD"
    boot_disk_kms_key = var.kms_key
    service_account   = var.node_service_account
    oauth_scopes      = ["https://www.googleapis.com/auth/cloud-platform"] # the account's roles decide
    tags              = [var.network.node_tag]
    labels            = merge(each.value.labels, { (local.pool_label) = each.key })
    resource_labels   = var.labels
    metadata          = { disable-legacy-endpoints = "true" }

    dynamic "taint" {
      for_each = each.value.dedicated ? [each.key] : []
      content {
        key    = local.pool_label
        value  = taint.value
        effect = "NO_SCHEDULE"
      }
    }

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  lifecycle {
    # The autoscaler's, and the release channel's.
    ignore_changes = [initial_node_count, node_count, version]
  }
}
