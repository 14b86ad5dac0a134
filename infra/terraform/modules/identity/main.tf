# Who is who: a service account for each workload, the accounts of Kubernetes that act as it, the entries of its secrets.
# No keys: nothing here can be stolen and used elsewhere.

locals {
  # An account's address is known before it is made, so a plan shows who gets what.
  emails = { for name in keys(var.accounts) : name => "${var.name}-${name}@${var.project_id}.iam.gserviceaccount.com" }

  project_roles = merge([
    for name, account in var.accounts : {
      for role in account.project_roles : "${name}/${trimprefix(role, "roles/")}" => { account = name, role = role }
    }
  ]...)

  kubernetes_accounts = merge([
    for name, account in var.accounts : {
      for kubernetes in account.kubernetes_accounts : "${name}/${kubernetes}" => { account = name, kubernetes = kubernetes }
    }
  ]...)

  secret_readers = merge([
    for name, secret in var.secrets : {
      for reader in secret.readers : "${name}/${reader}" => { secret = name, account = reader }
    }
  ]...)

  # Google's own accounts that encrypt on our behalf.
  agents = {
    artifacts = "gcp-sa-artifactregistry"
    compute   = "compute-system"
    dataproc  = "dataproc-accounts"
    gke       = "container-engine-robot"
    secrets   = "gcp-sa-secretmanager"
    storage   = "gs-project-accounts"
  }
  encrypters = var.kms_key == null ? {} : merge(
    { for name, domain in local.agents : name => "serviceAccount:service-${var.project_number}@${domain}.iam.gserviceaccount.com" },
    { bigquery = "serviceAccount:bq-${var.project_number}@bigquery-encryption.iam.gserviceaccount.com" },
  )
}

resource "google_service_account" "this" {
  for_each = var.accounts

  project      = var.project_id
  account_id   = "${var.name}-${each.key}"
  display_name = "GridPulse: ${each.key}"
  description  = each.value.description
}

resource "google_project_iam_member" "this" {
  for_each = local.project_roles

  project = var.project_id
  role    = each.value.role
  member  = "serviceAccount:${local.emails[each.value.account]}"

  depends_on = [google_service_account.this]
}

resource "google_service_account_iam_member" "kubernetes" {
  for_each = local.kubernetes_accounts

  service_account_id = "projects/${var.project_id}/serviceAccounts/${local.emails[each.value.account]}"
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project_id}.svc.id.goog[${each.value.kubernetes}]"

  depends_on = [google_service_account.this]
}

resource "google_secret_manager_secret" "this" {
  for_each = var.secrets

  project             = var.project_id
  secret_id           = "${var.name}-${each.key}"
  annotations         = { description = each.value.description }
  deletion_protection = var.deletion_protection
  labels              = var.labels

  replication {
    dynamic "auto" {
      for_each = length(each.value.locations) == 0 ? [1] : []
      content {
        dynamic "customer_managed_encryption" {
          # A key of one place can't encrypt what is everywhere.
          for_each = can(regex("/locations/global/", var.kms_key)) ? [var.kms_key] : []
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }

    dynamic "user_managed" {
      for_each = length(each.value.locations) > 0 ? [1] : []
      content {
        dynamic "replicas" {
          for_each = each.value.locations
          content {
            location = replicas.value

            dynamic "customer_managed_encryption" {
              for_each = can(regex("/locations/${replicas.value}/", var.kms_key)) ? [var.kms_key] : []
              content {
                kms_key_name = customer_managed_encryption.value
              }
            }
          }
        }
      }
    }
  }
}

resource "google_secret_manager_secret_iam_member" "readers" {
  for_each = local.secret_readers

  project   = var.project_id
  secret_id = google_secret_manager_secret.this[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${local.emails[each.value.account]}"

  depends_on = [google_service_account.this]
}

resource "google_kms_crypto_key_iam_member" "agents" {
  for_each = local.encrypters

  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}
