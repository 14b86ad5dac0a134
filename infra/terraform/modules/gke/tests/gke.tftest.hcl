mock_provider "google" {}

variables {
  project_id           = "power-test-1"
  region               = "europe-west1"
  zones                = ["europe-west1-b", "europe-west1-c", "europe-west1-d"]
  name                 = "gridpulse"
  node_service_account = "gridpulse-nodes@power-test-1.iam.gserviceaccount.com"
  network = {
    network_id          = "projects/power-test-1/global/networks/gridpulse"
    subnet_id           = "projects/power-test-1/regions/europe-west1/subnetworks/gridpulse-nodes"
    pods_range          = "pods"
    services_range      = "services"
    control_plane_range = "172.16.0.0/28"
    node_tag            = "gridpulse-node"
  }
  node_pools = {
    stateful  = { machine_type = "e2-standard-4", min_per_zone = 1, max_per_zone = 2, dedicated = true }
    streaming = { machine_type = "e2-standard-4", max_per_zone = 2, spot = true }
    general   = { machine_type = "e2-standard-2", min_per_zone = 1, max_per_zone = 3 }
  }
}

run "a_private_cluster" {
  assert {
    condition = alltrue([
      google_container_cluster.this.private_cluster_config[0].enable_private_nodes,
      google_container_cluster.this.private_cluster_config[0].enable_private_endpoint,
    ])
    error_message = "Nodes or control plane have a public address."
  }
  assert {
    condition     = alltrue([for pool in google_container_node_pool.this : pool.network_config[0].enable_private_nodes])
    error_message = "A pool's nodes have public addresses."
  }
  assert {
    condition     = google_container_cluster.this.deletion_protection
    error_message = "The cluster can be destroyed by a slip."
  }
  assert {
    condition     = google_container_cluster.this.datapath_provider == "ADVANCED_DATAPATH"
    error_message = "Without Dataplane V2 nothing enforces NetworkPolicies."
  }
  assert {
    condition     = output.workload_pool == "power-test-1.svc.id.goog"
    error_message = "Pods have no identities of their own."
  }
  assert {
    condition     = length(google_container_cluster.this.database_encryption) == 0
    error_message = "There is a key that nobody gave."
  }
}

run "its_pools" {
  assert {
    condition     = sort(keys(google_container_node_pool.this)) == tolist(["general", "stateful", "streaming"])
    error_message = "There are other pools than those that are asked for."
  }
  assert {
    condition = alltrue([
      for pool in google_container_node_pool.this :
      pool.node_config[0].service_account == var.node_service_account && pool.node_config[0].workload_metadata_config[0].mode == "GKE_METADATA"
    ])
    error_message = "A pool has another account, or its pods could have the nodes'."
  }
  assert {
    condition     = alltrue([for pool in google_container_node_pool.this : pool.upgrade_settings[0].max_unavailable == 0])
    error_message = "An upgrade takes a node before there is another."
  }
  assert {
    condition     = google_container_node_pool.this["stateful"].node_config[0].taint[0].effect == "NO_SCHEDULE" && length(google_container_node_pool.this["general"].node_config[0].taint) == 0
    error_message = "A dedicated pool has a taint, and no other."
  }
  assert {
    condition     = output.pools.stateful.tolerations[0].value == "stateful" && length(output.pools.general.tolerations) == 0
    error_message = "The tolerations are not those of the taints."
  }
}

# Nothing says which version: it is the release channel's, and an upgrade is no change of the plan.
run "no_version_is_named" {
  command = plan
  variables {
    release_channel = "STABLE"
    kms_key         = "projects/power-test-1/locations/europe-west1/keyRings/gridpulse/cryptoKeys/data"
  }
  assert {
    condition     = google_container_cluster.this.min_master_version == null && google_container_cluster.this.node_version == null
    error_message = "The plan names a version of Kubernetes."
  }
  assert {
    condition     = google_container_cluster.this.database_encryption[0].key_name == var.kms_key && alltrue([for pool in google_container_node_pool.this : pool.node_config[0].boot_disk_kms_key == var.kms_key])
    error_message = "The key is not used for Secrets and disks."
  }
}

run "zones_are_of_the_region" {
  command = plan
  variables {
    zones = ["europe-west4-a"]
  }
  expect_failures = [var.zones]
}

run "stores_are_not_on_spot_machines" {
  command = plan
  variables {
    node_pools = { stateful = { machine_type = "e2-standard-4", max_per_zone = 1, spot = true } }
  }
  expect_failures = [var.node_pools]
}

run "everyone_is_not_authorized" {
  command = plan
  variables {
    network = {
      network_id          = "n"
      subnet_id           = "s"
      pods_range          = "pods"
      services_range      = "services"
      control_plane_range = "172.16.0.0/28"
      node_tag            = "t"
      authorized_networks = { all = "0.0.0.0/0" }
    }
  }
  expect_failures = [var.network]
}
