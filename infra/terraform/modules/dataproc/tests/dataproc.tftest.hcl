mock_provider "google" {}

variables {
  project_id      = "power-test-1"
  region          = "europe-west1"
  name            = "gridpulse"
  network         = { subnet_id = "projects/power-test-1/regions/europe-west1/subnetworks/gridpulse-dataproc", tag = "gridpulse-dataproc" }
  service_account = { email = "gridpulse-notebooks@power-test-1.iam.gserviceaccount.com", member = "serviceAccount:gridpulse-notebooks@power-test-1.iam.gserviceaccount.com" }
  bucket          = "power-test-1-gridpulse-dataproc"
  lake            = "gs://power-test-1-gridpulse-lake/lake"
  bundle          = "gs://power-test-1-gridpulse-dataproc/gridpulse/gridpulse-spark-0.1.0.tar.gz"
  clusters = {
    study = {}
    team  = { machine_type = "e2-standard-8", workers = { max = 6, secondary_max = 4 }, idle_minutes = 120 }
  }
}

run "one_for_study_one_that_grows" {
  assert {
    condition     = alltrue([for cluster in google_dataproc_cluster.this : cluster.cluster_config[0].gce_cluster_config[0].internal_ip_only])
    error_message = "A machine has a public address."
  }
  assert {
    condition     = google_dataproc_cluster.this["study"].cluster_config[0].software_config[0].override_properties["dataproc:dataproc.allow.zero.workers"] == "true" && length(google_dataproc_cluster.this["study"].cluster_config[0].worker_config) == 0
    error_message = "For study one machine is enough."
  }
  assert {
    condition     = toset(keys(google_dataproc_autoscaling_policy.this)) == toset(["team"])
    error_message = "Only what has workers can grow."
  }
  assert {
    condition     = alltrue([for cluster in google_dataproc_cluster.this : cluster.cluster_config[0].lifecycle_config[0].idle_delete_ttl != ""])
    error_message = "A cluster that nobody uses goes on to cost."
  }
  assert {
    condition     = contains(google_dataproc_cluster.this["study"].cluster_config[0].software_config[0].optional_components, "JUPYTER")
    error_message = "There is no Jupyter."
  }
  assert {
    condition     = !anytrue([for permission in google_project_iam_custom_role.machine.permissions : startswith(permission, "storage.")])
    error_message = "The machines may use every bucket of the project."
  }
}

run "none_by_default" {
  command = plan
  variables {
    clusters = {}
  }
  assert {
    condition     = length(google_dataproc_cluster.this) == 0
    error_message = "There is a cluster that nobody asked for."
  }
}

run "one_worker_is_too_few" {
  command = plan
  variables {
    clusters = { team = { workers = { min = 1, max = 3 } } }
  }
  expect_failures = [var.clusters]
}

run "another_spark_is_not_ours" {
  command = plan
  variables {
    image_version = "2.2-debian12"
  }
  expect_failures = [var.image_version]
}

run "a_bundle_is_a_file_in_a_bucket" {
  command = plan
  variables {
    bundle = "gridpulse.tar.gz"
  }
  expect_failures = [var.bundle]
}
