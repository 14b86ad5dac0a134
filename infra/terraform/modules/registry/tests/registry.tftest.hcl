mock_provider "google" {}

variables {
  project_id = "power-test-1"
  location   = "europe-west1"
  readers    = { nodes = "serviceAccount:nodes@power-test-1.iam.gserviceaccount.com" }
}

run "images" {
  assert {
    condition     = output.url == "europe-west1-docker.pkg.dev/power-test-1/gridpulse"
    error_message = "The registry is elsewhere."
  }
  assert {
    condition     = google_artifact_registry_repository.this.docker_config[0].immutable_tags
    error_message = "A tag can be moved to another image."
  }
  assert {
    condition     = length(google_artifact_registry_repository_iam_member.writers) == 0 && google_artifact_registry_repository_iam_member.readers["nodes"].role == "roles/artifactregistry.reader"
    error_message = "Nodes pull, and nobody pushes who was not named."
  }
}

run "everyone_is_no_reader" {
  command = plan
  variables {
    readers = { all = "allUsers" }
  }
  expect_failures = [var.writers]
}

run "a_rollback_needs_its_image" {
  command = plan
  variables {
    keep = { newest = 1 }
  }
  expect_failures = [var.keep]
}
