mock_provider "google" {}

variables {
  project_id = "power-test-1"
  location   = "EU"
  prefix     = "power-test-1-gridpulse"
  buckets = {
    lake = {
      versioning          = true
      nearline_after_days = 90
      soft_delete_days    = 30
      readers             = { notebooks = "serviceAccount:notebooks@power-test-1.iam.gserviceaccount.com" }
      writers             = { batch = "serviceAccount:batch@power-test-1.iam.gserviceaccount.com" }
    }
    stage = {
      delete_after_days = 7
      soft_delete_days  = 0
      writers           = { batch = "serviceAccount:batch@power-test-1.iam.gserviceaccount.com" }
    }
  }
}

run "closed_buckets" {
  assert {
    condition     = output.urls == { lake = "gs://power-test-1-gridpulse-lake", stage = "gs://power-test-1-gridpulse-stage" }
    error_message = "The buckets have other names."
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.this : bucket.uniform_bucket_level_access && bucket.public_access_prevention == "enforced" && !bucket.force_destroy])
    error_message = "A bucket can be opened to the public, or destroyed with what it holds."
  }
  assert {
    condition     = google_storage_bucket.this["lake"].versioning[0].enabled && !google_storage_bucket.this["stage"].versioning[0].enabled
    error_message = "Old versions are kept of the lake, and of nothing that is only on its way."
  }
  assert {
    condition     = !anytrue([for rule in google_storage_bucket.this["lake"].lifecycle_rule : contains(rule.action[*].type, "Delete") && contains(rule.condition[*].with_state, "LIVE")])
    error_message = "Something deletes what is in the lake."
  }
  assert {
    condition     = length([for rule in google_storage_bucket.this["stage"].lifecycle_rule : rule if contains(rule.condition[*].with_state, "LIVE")]) == 1
    error_message = "Nothing clears the stage."
  }
  assert {
    condition = sort([for grant in google_storage_bucket_iam_member.this : "${grant.bucket} ${grant.role}"]) == tolist([
      "power-test-1-gridpulse-lake roles/storage.legacyBucketReader",
      "power-test-1-gridpulse-lake roles/storage.legacyBucketReader",
      "power-test-1-gridpulse-lake roles/storage.objectUser",
      "power-test-1-gridpulse-lake roles/storage.objectViewer",
      "power-test-1-gridpulse-stage roles/storage.legacyBucketReader",
      "power-test-1-gridpulse-stage roles/storage.objectUser",
    ])
    error_message = "Somebody has other rights than asked for."
  }
}

run "a_key_of_your_own" {
  command = plan
  variables {
    kms_key = "projects/power-test-1/locations/europe/keyRings/gridpulse/cryptoKeys/data"
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.this : bucket.encryption[0].default_kms_key_name == var.kms_key])
    error_message = "A bucket does not use the key."
  }
}

run "the_lake_is_not_deleted_by_age" {
  command = plan
  variables {
    buckets = { lake = { delete_after_days = 365 } }
  }
  expect_failures = [var.buckets]
}

run "nothing_is_for_everyone" {
  command = plan
  variables {
    buckets = { lake = { readers = { all = "allUsers" } } }
  }
  expect_failures = [var.buckets]
}

run "soft_delete_has_google_s_bounds" {
  command = plan
  variables {
    buckets = { stage = { soft_delete_days = 3 } }
  }
  expect_failures = [var.buckets]
}
