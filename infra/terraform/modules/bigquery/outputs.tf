output "dataset" {
  description = "Dataset of the tables and subtables."
  value       = google_bigquery_dataset.power.dataset_id
}

output "staging_dataset" {
  description = "Dataset of rows on their way."
  value       = google_bigquery_dataset.staging.dataset_id
}

output "location" {
  description = "Where both are."
  value       = google_bigquery_dataset.power.location
}

output "tables" {
  description = "Names of the tables."
  value       = sort(keys(google_bigquery_table.this))
}
