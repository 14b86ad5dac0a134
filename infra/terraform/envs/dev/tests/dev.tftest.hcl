mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

variables {
  project_id = "power-test-1"
  node_pools = {
    stateful  = { machine_type = "e2-standard-4", min_per_zone = 1, max_per_zone = 1, dedicated = true }
    streaming = { machine_type = "e2-standard-2", max_per_zone = 2, dedicated = true, spot = true, zones = ["europe-west1-b"] }
    general   = { machine_type = "e2-standard-2", min_per_zone = 1, max_per_zone = 2 }
  }
}

run "everything" {
  assert {
    condition     = output.chart.registry == "europe-west1-docker.pkg.dev/power-test-1/gridpulse" && output.chart.locations.lake == "gs://power-test-1-gridpulse-lake/lake"
    error_message = "The chart is told of another registry or lake."
  }
  assert {
    condition     = output.chart.warehouse.location == "europe-west1"
    error_message = "The warehouse is not where its stage is."
  }
  assert {
    condition     = output.chart.kubernetes_accounts["gridpulse/gridpulse-spark"] == "gridpulse-batch@power-test-1.iam.gserviceaccount.com"
    error_message = "The batch jobs act as somebody else."
  }
  assert {
    condition     = length(output.dataproc.clusters) == 0
    error_message = "There is a cluster before its bundle can be."
  }
}

run "with_a_key_of_its_own_and_everything_optional" {
  variables {
    kms_key             = "projects/power-test-1/locations/europe-west1/keyRings/gridpulse/cryptoKeys/data"
    scheduled_subtables = true
    api_host            = "gridpulse.example.org"
    alert_emails        = { operator = "operator@example.org" }
    budget              = { billing_account = "0A0B0C-0A0B0C-0A0B0C", amount = 900 }
    dataproc            = { clusters = { study = {} }, store_ports = [9042] }
    analysts            = { team = "group:analysts@example.org" }
  }
  assert {
    condition     = output.dataproc.clusters == { study = "gridpulse-study" } && output.dataproc.bundle != ""
    error_message = "There is no cluster for study."
  }
}

# What a running environment sees when its machines grow: nothing that names, places or holds data is another.
run "grown" {
  variables {
    node_pools = {
      stateful  = { machine_type = "n2-standard-8", min_per_zone = 1, max_per_zone = 2, dedicated = true }
      streaming = { machine_type = "n2-standard-4", max_per_zone = 3, dedicated = true, zones = ["europe-west1-b"] }
      general   = { machine_type = "e2-standard-4", min_per_zone = 1, max_per_zone = 4 }
    }
  }
  assert {
    condition     = output.chart.registry == "europe-west1-docker.pkg.dev/power-test-1/gridpulse" && output.chart.locations.lake == "gs://power-test-1-gridpulse-lake/lake" && output.chart.pools.stateful.node_selector == { "gridpulse/pool" = "stateful" } && output.chart.kubernetes_accounts["gridpulse/gridpulse-spark"] == "gridpulse-batch@power-test-1.iam.gserviceaccount.com"
    error_message = "Larger machines change what the chart is told."
  }
}

run "two_zones_are_too_few" {
  command = plan
  variables {
    zones = ["europe-west1-b", "europe-west1-c"]
  }
  expect_failures = [var.zones]
}

run "the_charts_pools_are_there" {
  command = plan
  variables {
    node_pools = { general = { machine_type = "e2-standard-2", max_per_zone = 1 } }
  }
  expect_failures = [var.node_pools]
}
