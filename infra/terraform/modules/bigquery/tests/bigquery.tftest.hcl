mock_provider "google" {}

variables {
  project_id  = "power-test-1"
  location    = "EU"
  definitions = "../../../../bigquery"
  writers     = { batch = "serviceAccount:batch@power-test-1.iam.gserviceaccount.com" }
  readers     = { analysts = "group:analysts@example.org" }
}

run "the_products_tables" {
  assert {
    condition     = toset(output.tables) == toset(keys(jsondecode(file("../../../../bigquery/tables.json")))) && contains(output.tables, "power_breakdown")
    error_message = "The tables are not those of tables.json."
  }
  assert {
    condition     = google_bigquery_table.this["power_breakdown"].time_partitioning[0].field == "at" && google_bigquery_table.this["power_breakdown"].require_partition_filter
    error_message = "A query of all days would be let through."
  }
  assert {
    condition     = google_bigquery_table.this["power_breakdown"].clustering == tolist(["zone", "granularity"])
    error_message = "The table is not clustered as tables.json says."
  }
  assert {
    condition     = length(google_bigquery_table.this["zones"].time_partitioning) == 0
    error_message = "The zones have no day."
  }
  assert {
    condition     = alltrue([for table in google_bigquery_table.this : table.deletion_protection])
    error_message = "A table can be destroyed by a slip."
  }
  assert {
    condition     = google_bigquery_dataset.staging.default_table_expiration_ms == 172800000 && google_bigquery_dataset.power.default_table_expiration_ms == null
    error_message = "What is on its way ends by itself, and nothing else."
  }
  assert {
    condition     = toset(keys(google_bigquery_dataset_iam_member.writers)) == toset(["power/batch", "power_staging/batch"]) && toset(keys(google_bigquery_dataset_iam_member.readers)) == toset(["analysts"])
    error_message = "Others than the load and its readers have rights."
  }
  assert {
    condition     = length(google_bigquery_data_transfer_config.subtables) == 0
    error_message = "The load and a schedule would both make the subtables."
  }
}

run "subtables_on_a_schedule" {
  variables {
    scheduled_subtables = { service_account = "batch@power-test-1.iam.gserviceaccount.com" }
    dataset             = "energy"
  }
  assert {
    condition     = strcontains(google_bigquery_data_transfer_config.subtables["subtables"].params.query, "CREATE OR REPLACE TABLE energy.energy_daily")
    error_message = "The script does not make the subtables in the dataset."
  }
}

run "a_key_of_your_own" {
  command = plan
  variables {
    kms_key = "projects/power-test-1/locations/europe/keyRings/gridpulse/cryptoKeys/data"
  }
  assert {
    condition     = alltrue([for table in google_bigquery_table.this : table.encryption_configuration[0].kms_key_name == var.kms_key])
    error_message = "A table does not use the key."
  }
}

run "another_folder_has_no_tables" {
  command = plan
  variables {
    definitions = "."
  }
  # The plan itself then fails too: it reads that file.
  expect_failures = [var.definitions]
}

run "everyone_is_no_reader" {
  command = plan
  variables {
    readers = { all = "allAuthenticatedUsers" }
  }
  expect_failures = [var.readers]
}
