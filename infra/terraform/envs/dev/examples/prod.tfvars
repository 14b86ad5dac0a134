# For work. docs/google-cloud.md has its cost.
project_id = "PROJECT"

node_pools = {
  stateful  = { machine_type = "n2-standard-8", min_per_zone = 1, max_per_zone = 2, disk_gb = 100, dedicated = true }
  streaming = { machine_type = "n2-standard-4", min_per_zone = 0, max_per_zone = 2, dedicated = true }
  general   = { machine_type = "e2-standard-4", min_per_zone = 1, max_per_zone = 4 }
}

release_channel          = "STABLE"
lake_nearline_after_days = 90

dataproc = {
  clusters = {
    team = { workers = { machine_type = "e2-standard-4", max = 6, secondary_max = 4 }, idle_minutes = 120 }
  }
}

analysts  = { team = "group:analysts@example.org" }
releasers = { ci = "serviceAccount:releases@PROJECT.iam.gserviceaccount.com" }

alert_emails = { operator = "operator@example.org" }
budget       = { billing_account = "000000-000000-000000", amount = 2000 }
api_host     = "gridpulse.example.org"
