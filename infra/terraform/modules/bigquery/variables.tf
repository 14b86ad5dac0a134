variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "location" {
  description = "Where BigQuery keeps the data, as EU or europe-west1; can't be changed later."
  type        = string
}

variable "definitions" {
  description = "Folder with tables.json and the schemas that it names: the one home of the tables' columns."
  type        = string

  validation {
    condition     = fileexists("${var.definitions}/tables.json")
    error_message = "definitions is the folder bigquery of this repository, with tables.json in it."
  }
}

variable "dataset" {
  description = "Dataset of the tables and subtables: what the warehouse load calls `dataset`."
  type        = string
  default     = "power"

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_]*$", var.dataset))
    error_message = "A dataset's name has letters, digits and underscores, no digit first."
  }
}

variable "staging_hours" {
  description = "How long a table of the staging dataset lasts that a failed load has left behind."
  type        = number
  default     = 48

  validation {
    condition     = var.staging_hours >= 1
    error_message = "staging_hours is at least 1: BigQuery keeps a table no shorter."
  }
}

variable "writers" {
  description = "Members, by name, that load the tables and make the subtables."
  type        = map(string)
  default     = {}
}

variable "readers" {
  description = "Members, by name, that read tables and subtables, as analysts = group:analysts@example.org."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for member in concat(values(var.readers), values(var.writers)) : can(regex("^(serviceAccount|group|user|principal|principalSet):.+", member))])
    error_message = "A reader or writer is a member as serviceAccount:... or group:...; allUsers and allAuthenticatedUsers are everyone."
  }
}

variable "scheduled_subtables" {
  description = "Let BigQuery make the subtables on a schedule of its own, for installations without Airflow; null: the DAG load_bigquery makes them."
  type = object({
    schedule        = optional(string, "every day 07:30")
    service_account = string # that of the warehouse load
  })
  default = null
}

variable "kms_key" {
  description = "Key for the tables; null: Google's."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Refuse to destroy tables."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}
