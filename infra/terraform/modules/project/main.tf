# What is of the project as a whole: its APIs, its budget, and a look at the API from outside. Alerts on the data are
# Prometheus's, in the cluster (grafana/rules); these are for when the cluster itself is gone, or too dear.

data "google_project" "this" {
  project_id = var.project_id
}

resource "google_project_service" "this" {
  for_each = var.services

  project            = var.project_id
  service            = each.value
  disable_on_destroy = false # others may use them
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  project      = var.project_id
  display_name = "${var.name}: ${each.key}"
  type         = "email"
  labels       = { email_address = each.value }

  depends_on = [google_project_service.this]
}

resource "google_billing_budget" "this" {
  for_each = { for name, budget in { monthly = var.budget } : name => budget if budget != null }

  billing_account = each.value.billing_account
  display_name    = "${var.name}: ${var.project_id}"

  budget_filter {
    projects        = ["projects/${data.google_project.this.number}"] # its id would be a change in every plan
    calendar_period = "MONTH"
  }

  amount {
    specified_amount {
      currency_code = each.value.currency
      units         = tostring(each.value.amount)
    }
  }

  dynamic "threshold_rules" {
    for_each = each.value.shares
    content {
      threshold_percent = threshold_rules.value
    }
  }

  threshold_rules {
    threshold_percent = each.value.forecast_share
    spend_basis       = "FORECASTED_SPEND"
  }

  all_updates_rule {
    monitoring_notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
    disable_default_iam_recipients   = false
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_uptime_check_config" "api" {
  for_each = { for name, host in { api = var.api_host } : name => host if host != null }

  project      = var.project_id
  display_name = "${var.name}: query API"
  timeout      = "10s"
  period       = "60s"

  http_check {
    path         = "/readyz"
    port         = 443
    use_ssl      = true
    validate_ssl = true
  }

  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project_id, host = each.value }
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "api" {
  for_each = google_monitoring_uptime_check_config.api

  project               = var.project_id
  display_name          = "${var.name}: the query API does not answer"
  combiner              = "OR"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]

  conditions {
    display_name = "two or more places in the world get no answer for five minutes"

    condition_threshold {
      filter          = "resource.type = \"uptime_url\" AND metric.type = \"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.labels.check_id = \"${each.value.uptime_check_id}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "300s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
        group_by_fields      = ["resource.label.host"]
      }
    }
  }

  documentation {
    content   = "The API is asked from outside at /readyz, which says what it waits for. docs/runbooks/api-errors.md goes on from there."
    mime_type = "text/markdown"
  }
}
