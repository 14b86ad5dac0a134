mock_provider "google" {}

variables {
  project_id = "power-test-1"
  name       = "gridpulse"
  accounts = {
    nodes     = { description = "Nodes", project_roles = ["roles/container.defaultNodeServiceAccount"] }
    streaming = { description = "The streaming job", kubernetes_accounts = ["gridpulse/gridpulse-streaming"] }
  }
  secrets = {
    electricity-maps = { description = "Token of the source's API", readers = ["streaming"] }
  }
}

run "accounts_and_their_rights" {
  assert {
    condition     = output.emails == { nodes = "gridpulse-nodes@power-test-1.iam.gserviceaccount.com", streaming = "gridpulse-streaming@power-test-1.iam.gserviceaccount.com" }
    error_message = "The accounts have other addresses."
  }
  assert {
    condition     = alltrue([for name, account in google_service_account.this : output.emails[name] == "${account.account_id}@${account.project}.iam.gserviceaccount.com"])
    error_message = "Rights go to an address that no account has."
  }
  assert {
    condition     = [for grant in google_project_iam_member.this : "${grant.member} ${grant.role}"] == ["serviceAccount:gridpulse-nodes@power-test-1.iam.gserviceaccount.com roles/container.defaultNodeServiceAccount"]
    error_message = "Somebody has other rights in the project than asked for."
  }
  assert {
    condition     = google_service_account_iam_member.kubernetes["streaming/gridpulse/gridpulse-streaming"].member == "serviceAccount:power-test-1.svc.id.goog[gridpulse/gridpulse-streaming]"
    error_message = "Not the account of Kubernetes that the chart makes acts as it."
  }
  assert {
    condition     = google_secret_manager_secret.this["electricity-maps"].secret_id == "gridpulse-electricity-maps" && google_secret_manager_secret.this["electricity-maps"].deletion_protection
    error_message = "The secret has another name, or can be destroyed by a slip."
  }
  assert {
    condition     = length(google_kms_crypto_key_iam_member.agents) == 0
    error_message = "Somebody may use a key that nobody gave."
  }
}

run "a_key_of_your_own" {
  variables {
    kms_key        = "projects/power-test-1/locations/europe-west1/keyRings/gridpulse/cryptoKeys/data"
    project_number = "123456789012"
  }
  assert {
    condition     = length(google_kms_crypto_key_iam_member.agents) == 7 && alltrue([for grant in google_kms_crypto_key_iam_member.agents : strcontains(grant.member, "123456789012")])
    error_message = "Not all of Google's accounts that encrypt may use the key."
  }
}

run "no_owner_no_editor" {
  command = plan
  variables {
    accounts = { streaming = { description = "x", project_roles = ["roles/editor"] } }
    secrets  = {}
  }
  expect_failures = [var.accounts]
}

run "no_admin_of_the_project" {
  command = plan
  variables {
    accounts = { batch = { description = "x", project_roles = ["roles/storage.admin"] } }
    secrets  = {}
  }
  expect_failures = [var.accounts]
}

run "an_account_of_kubernetes_has_a_namespace" {
  command = plan
  variables {
    accounts = { streaming = { description = "x", kubernetes_accounts = ["gridpulse-streaming"] } }
    secrets  = {}
  }
  expect_failures = [var.accounts]
}

run "a_secret_s_reader_is_known" {
  command = plan
  variables {
    secrets = { token = { description = "x", readers = ["nobody"] } }
  }
  expect_failures = [var.secrets]
}

run "a_project_has_an_id" {
  command = plan
  variables {
    project_id = "123456789012"
  }
  expect_failures = [var.project_id]
}

run "a_key_needs_the_projects_number" {
  command = plan
  variables {
    kms_key = "projects/power-test-1/locations/europe-west1/keyRings/gridpulse/cryptoKeys/data"
  }
  expect_failures = [var.project_number]
}
