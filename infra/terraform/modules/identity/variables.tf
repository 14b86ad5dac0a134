variable "project_id" {
  description = "Google Cloud project."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project's id has 6 to 30 small letters, digits and hyphens, as power-prod-1; its number is something else."
  }
}

variable "name" {
  description = "What the accounts' names begin with."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,17}$", var.name))
    error_message = "name has 2 to 18 small letters, digits and hyphens, a letter first: an account's name has at most 30 with what follows."
  }
}

variable "accounts" {
  description = <<-END
    Service accounts by the last part of their names: what for, which roles in the project, and which accounts of
    Kubernetes (namespace/name) may act as them. Rights to one bucket, dataset or repository are of its own module.
  END
  type = map(object({
    description         = string
    project_roles       = optional(set(string), [])
    kubernetes_accounts = optional(set(string), [])
  }))

  validation {
    condition     = alltrue([for name in keys(var.accounts) : can(regex("^[a-z0-9-]{1,11}$", name))])
    error_message = "An account's name here has 1 to 11 small letters, digits and hyphens."
  }

  validation {
    condition = length(setintersection(
      toset(flatten([for account in values(var.accounts) : tolist(account.project_roles)])),
      ["roles/owner", "roles/editor", "roles/viewer"],
    )) == 0
    error_message = "roles/owner, roles/editor and roles/viewer open the whole project: name the roles that the workload needs."
  }

  validation {
    condition = alltrue(flatten([
      for account in values(var.accounts) : [for role in account.project_roles : !can(regex("(?i)admin", role))]
    ]))
    error_message = "No workload administers anything in the whole project: give it rights to the one bucket, dataset or Secret."
  }

  validation {
    condition = alltrue(flatten([
      for account in values(var.accounts) : [for name in account.kubernetes_accounts : can(regex("^[a-z0-9-]+/[a-z0-9.-]+$", name))]
    ]))
    error_message = "An account of Kubernetes is namespace/name, as gridpulse/gridpulse-streaming."
  }
}

variable "secrets" {
  description = "Entries of Secret Manager, by name, without values; and which of the accounts may read each."
  type = map(object({
    description = string
    readers     = optional(set(string), [])
    locations   = optional(set(string), []) # empty: Google's choice
  }))
  default = {}

  validation {
    condition = alltrue(flatten([
      for secret in values(var.secrets) : [for reader in secret.readers : contains(keys(var.accounts), reader)]
    ]))
    error_message = "A reader of a secret is one of accounts."
  }
}

variable "kms_key" {
  description = "Key that buckets, tables, images, Secrets and disks are encrypted with; null: Google's keys."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key == null ? true : can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "kms_key is projects/P/locations/L/keyRings/R/cryptoKeys/K."
  }
}

variable "project_number" {
  description = "Number of the project, which Google's own accounts are named after; needed with kms_key."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key == null || can(regex("^[0-9]+$", var.project_number))
    error_message = "With kms_key, project_number is needed: digits alone."
  }
}

variable "deletion_protection" {
  description = "Refuse to destroy secrets."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of all resources that have some."
  type        = map(string)
  default     = {}
}
