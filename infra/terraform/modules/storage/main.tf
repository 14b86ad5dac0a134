# Buckets, each for one kind of data with its own rules and its own readers and writers.

locals {
  # What Spark's file system for Cloud Storage asks of a bucket beside its objects: whether it is there.
  roles = {
    readers = ["roles/storage.objectViewer", "roles/storage.legacyBucketReader"]
    writers = ["roles/storage.objectUser", "roles/storage.legacyBucketReader"]
  }
  grants = merge([
    for name, bucket in var.buckets : merge([
      for kind, members in { readers = bucket.readers, writers = bucket.writers } : merge([
        for who, member in members : {
          for role in local.roles[kind] : "${name}/${who}/${trimprefix(role, "roles/storage.")}" => {
            bucket = name
            role   = role
            member = member
          }
        }
      ]...)
    ]...)
  ]...)
}

resource "google_storage_bucket" "this" {
  #checkov:skip=CKV_GCP_62:Cloud Audit Logs tell who did what to a bucket; usage logs are older, and arrive late or not at all.
  #checkov:skip=CKV_GCP_78:Each bucket says whether old versions are kept. The lake keeps them; files on their way, and a checkpoint's of seconds, would only cost.
  for_each = var.buckets

  project                     = var.project_id
  location                    = var.location
  name                        = "${var.prefix}-${each.key}"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false # a bucket that holds something is not destroyed
  labels                      = var.labels

  versioning {
    enabled = each.value.versioning
  }

  soft_delete_policy {
    retention_duration_seconds = each.value.soft_delete_days * 24 * 3600
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.delete_after_days[*]
    content {
      action {
        type = "Delete"
      }
      condition {
        age        = lifecycle_rule.value
        with_state = "LIVE"
      }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.versioning ? [each.value.delete_noncurrent_after_days] : []
    content {
      action {
        type = "Delete"
      }
      condition {
        days_since_noncurrent_time = lifecycle_rule.value
        with_state                 = "ARCHIVED"
      }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.value.nearline_after_days[*]
    content {
      action {
        type          = "SetStorageClass"
        storage_class = "NEARLINE"
      }
      condition {
        age                   = lifecycle_rule.value
        matches_storage_class = ["STANDARD"]
      }
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }
}

resource "google_storage_bucket_iam_member" "this" {
  for_each = local.grants

  bucket = google_storage_bucket.this[each.value.bucket].name
  role   = each.value.role
  member = each.value.member
}
