mock_provider "google" {}

variables {
  project_id = "power-test-1"
  region     = "europe-west1"
  name       = "gridpulse"
}

run "what_is_made" {
  assert {
    condition     = !google_compute_network.this.auto_create_subnetworks
    error_message = "The network makes a subnet in every region."
  }
  assert {
    condition     = alltrue([for subnet in google_compute_subnetwork.this : subnet.private_ip_google_access])
    error_message = "A subnet's machines have no way to Google's APIs."
  }
  assert {
    condition     = sort(keys(google_compute_subnetwork.this)) == tolist(["dataproc", "nodes"])
    error_message = "There are other subnets than of nodes and Dataproc."
  }
  assert {
    condition     = google_compute_router_nat.this.source_subnetwork_ip_ranges_to_nat == "LIST_OF_SUBNETWORKS" && alltrue([for subnet in google_compute_router_nat.this.subnetwork : contains(subnet.source_ip_ranges_to_nat, "ALL_IP_RANGES")])
    error_message = "Others than these subnets have a way out, or a part of one has none."
  }
  assert {
    condition     = length(google_compute_firewall.webhooks) == 1 && length(google_compute_firewall.dataproc_to_pods) == 0
    error_message = "By default the webhooks are open to the control plane, and nothing to Dataproc."
  }
  assert {
    condition     = google_compute_firewall.webhooks[0].source_ranges == toset(["172.16.0.0/28"])
    error_message = "The webhooks are open to others than the control plane."
  }
  assert {
    condition     = google_compute_firewall.webhooks[0].allow[*].ports == tolist([tolist(["8443", "9443"])])
    error_message = "The webhooks' ports are not in order of their numbers, so that a plan is the same each time."
  }
}

run "dataproc_reaches_the_stores_where_it_may" {
  variables {
    dataproc_to_pods_ports = [9093, 9042]
  }
  assert {
    condition     = google_compute_firewall.dataproc_to_pods[0].source_ranges == toset(["10.40.0.0/24"])
    error_message = "The stores are open to others than Dataproc."
  }
}

run "flow_logs_can_be_left_out" {
  command = plan
  variables {
    flow_logs = null
  }
  assert {
    condition     = alltrue([for subnet in google_compute_subnetwork.this : length(subnet.log_config) == 0])
    error_message = "There are logs all the same."
  }
}

run "everyone_is_no_range" {
  command = plan
  variables {
    ranges = { nodes = "0.0.0.0/0" }
  }
  expect_failures = [var.ranges]
}

run "a_range_is_in_cidr_notation" {
  command = plan
  variables {
    ranges = { pods = "10.20.0.0" }
  }
  expect_failures = [var.ranges]
}

run "a_control_plane_has_28_bits" {
  command = plan
  variables {
    ranges = { control_plane = "172.16.0.0/24" }
  }
  expect_failures = [var.ranges]
}

run "a_sample_is_a_share" {
  command = plan
  variables {
    flow_logs = { sampling = 10 }
  }
  expect_failures = [var.flow_logs]
}
