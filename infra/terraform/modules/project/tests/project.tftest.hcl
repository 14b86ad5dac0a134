mock_provider "google" {}

variables {
  project_id   = "power-test-1"
  name         = "gridpulse"
  alert_emails = { operator = "operator@example.org" }
}

run "apis_alone" {
  assert {
    condition     = length(google_project_service.this) == length(var.services) && alltrue([for service in google_project_service.this : !service.disable_on_destroy])
    error_message = "Destroying this would switch off what others use."
  }
  assert {
    condition     = length(google_billing_budget.this) == 0 && length(google_monitoring_uptime_check_config.api) == 0
    error_message = "There is a budget or a check that nobody asked for."
  }
}

run "a_budget_and_a_look_from_outside" {
  variables {
    budget   = { billing_account = "0A0B0C-0A0B0C-0A0B0C", amount = 900 }
    api_host = "gridpulse.example.org"
  }
  assert {
    condition     = google_billing_budget.this["monthly"].amount[0].specified_amount[0].units == "900" && length(google_billing_budget.this["monthly"].threshold_rules) == 4
    error_message = "The budget has another amount, or other thresholds."
  }
  assert {
    condition     = length(google_monitoring_alert_policy.api["api"].notification_channels) == 1
    error_message = "Nobody is told that the API does not answer."
  }
}

run "a_budget_is_a_whole_number" {
  command = plan
  variables {
    budget = { billing_account = "0A0B0C-0A0B0C-0A0B0C", amount = 0.5 }
  }
  expect_failures = [var.budget]
}

run "an_account_for_billing_has_its_form" {
  command = plan
  variables {
    budget = { billing_account = "mine", amount = 900 }
  }
  expect_failures = [var.budget]
}

run "a_host_is_no_address" {
  command = plan
  variables {
    api_host = "https://gridpulse.example.org/"
  }
  expect_failures = [var.api_host]
}

run "an_address_has_an_at" {
  command = plan
  variables {
    alert_emails = { operator = "operator" }
  }
  expect_failures = [var.alert_emails]
}
