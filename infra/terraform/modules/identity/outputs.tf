output "emails" {
  description = "Addresses of the service accounts."
  value       = local.emails

  depends_on = [google_service_account.this]
}

output "members" {
  description = "The accounts as members of a policy."
  value       = { for name, email in local.emails : name => "serviceAccount:${email}" }

  depends_on = [google_service_account.this]
}

output "kubernetes_accounts" {
  description = "Account of Kubernetes (namespace/name) -> address of the account that it acts as."
  value       = { for each in values(local.kubernetes_accounts) : each.kubernetes => local.emails[each.account] }
}

output "secrets" {
  description = "Ids of the entries of Secret Manager."
  value       = { for name, secret in google_secret_manager_secret.this : name => secret.secret_id }
}

output "kms_key" {
  description = "The key, once Google's accounts may use it."
  value       = var.kms_key

  depends_on = [google_kms_crypto_key_iam_member.agents]
}
