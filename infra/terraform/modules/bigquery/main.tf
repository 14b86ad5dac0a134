# The warehouse: its tables as the product's own files say, so that the load finds what it would have made itself.
# Subtables are made anew by each load (bigquery/*.sql), and belong to it; or, by choice, to a scheduled query.

locals {
  tables = jsondecode(file("${var.definitions}/tables.json"))
}

resource "google_bigquery_dataset" "power" {
  project                    = var.project_id
  location                   = var.location
  dataset_id                 = var.dataset
  description                = "GridPulse: electricity by zone and interval, and the questions that are answered from it"
  delete_contents_on_destroy = false
  max_time_travel_hours      = "168"
  labels                     = var.labels

  dynamic "default_encryption_configuration" {
    for_each = var.kms_key[*]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }
}

resource "google_bigquery_dataset" "staging" {
  project                     = var.project_id
  location                    = var.location
  dataset_id                  = "${var.dataset}_staging"
  description                 = "GridPulse: rows on their way into ${var.dataset}; nothing stays"
  delete_contents_on_destroy  = true
  default_table_expiration_ms = var.staging_hours * 3600 * 1000
  max_time_travel_hours       = "48"
  labels                      = var.labels

  dynamic "default_encryption_configuration" {
    for_each = var.kms_key[*]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }
}

resource "google_bigquery_table" "this" {
  for_each = local.tables

  project                  = var.project_id
  dataset_id               = google_bigquery_dataset.power.dataset_id
  table_id                 = each.key
  description              = each.value.description
  schema                   = jsonencode(jsondecode(file("${var.definitions}/${each.value.schema}")))
  clustering               = try(each.value.cluster_by, null)
  require_partition_filter = try(each.value.require_partition_filter, null)
  deletion_protection      = var.deletion_protection
  labels                   = var.labels

  dynamic "time_partitioning" {
    for_each = try([each.value.partition_by_day], [])
    content {
      type  = "DAY"
      field = time_partitioning.value
    }
  }

  dynamic "encryption_configuration" {
    for_each = var.kms_key[*]
    content {
      kms_key_name = encryption_configuration.value
    }
  }
}

resource "google_bigquery_dataset_iam_member" "writers" {
  for_each = merge([
    for dataset in [google_bigquery_dataset.power.dataset_id, google_bigquery_dataset.staging.dataset_id] : {
      for name, member in var.writers : "${dataset}/${name}" => { dataset = dataset, member = member }
    }
  ]...)

  project    = var.project_id
  dataset_id = each.value.dataset
  role       = "roles/bigquery.dataEditor"
  member     = each.value.member
}

resource "google_bigquery_dataset_iam_member" "readers" {
  for_each = var.readers

  project    = var.project_id
  dataset_id = google_bigquery_dataset.power.dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = each.value
}

resource "google_bigquery_data_transfer_config" "subtables" {
  for_each = { for name, settings in { subtables = var.scheduled_subtables } : name => settings if settings != null }

  project              = var.project_id
  location             = var.location
  display_name         = "GridPulse: subtables of ${var.dataset}"
  data_source_id       = "scheduled_query"
  schedule             = each.value.schedule
  service_account_name = each.value.service_account
  params = {
    query = replace(file("${path.module}/subtables.sql"), "DATASET", google_bigquery_dataset.power.dataset_id)
  }

  depends_on = [google_bigquery_table.this, google_bigquery_dataset_iam_member.writers]
}
