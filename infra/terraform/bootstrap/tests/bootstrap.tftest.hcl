mock_provider "google" {}

variables {
  project_id = "power-test-1"
  writers    = { ci = "serviceAccount:ci@power-test-1.iam.gserviceaccount.com" }
}

# A plan: what prevents the bucket's end would prevent that of an applied test as well.
run "a_bucket_that_forgets_nothing" {
  command = plan
  assert {
    condition     = google_storage_bucket.state.name == "power-test-1-terraform-state" && google_storage_bucket.state.versioning[0].enabled
    error_message = "The state's versions are not kept, or are elsewhere."
  }
  assert {
    condition     = google_storage_bucket.state.public_access_prevention == "enforced" && google_storage_bucket.state.uniform_bucket_level_access && !google_storage_bucket.state.force_destroy
    error_message = "The state can be opened to the public, or destroyed."
  }
  assert {
    condition     = length(google_storage_bucket_iam_member.writers) == 1
    error_message = "Others than the writers have rights."
  }
}

run "a_state_is_not_for_everyone" {
  command = plan
  variables {
    writers = { all = "allAuthenticatedUsers" }
  }
  expect_failures = [var.writers]
}

run "a_bucket_s_name_has_no_capitals" {
  command = plan
  variables {
    name = "Power-State"
  }
  expect_failures = [var.name]
}
