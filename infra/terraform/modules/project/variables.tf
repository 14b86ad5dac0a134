variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "name" {
  description = "What names for people begin with."
  type        = string
}

variable "services" {
  description = "APIs that the project needs."
  type        = set(string)
  default = [
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "bigquerydatatransfer.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "dataproc.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ]
}

variable "alert_emails" {
  description = "Who is told, by name: e-mail addresses."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for address in values(var.alert_emails) : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", address))])
    error_message = "alert_emails are e-mail addresses, as operator@example.org."
  }
}

variable "budget" {
  description = "What a month may cost, and at which shares of it somebody is told; null: no budget. It stops nothing."
  type = object({
    billing_account = string
    amount          = number
    currency        = optional(string, "EUR")
    shares          = optional(set(number), [0.5, 0.9, 1])
    forecast_share  = optional(number, 1.1)
  })
  default = null

  validation {
    condition     = var.budget == null ? true : can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account))
    error_message = "budget.billing_account is as 0X0X0X-0X0X0X-0X0X0X: gcloud billing accounts list."
  }

  validation {
    condition     = var.budget == null ? true : var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount
    error_message = "budget.amount is a whole number of the currency, at least 1."
  }
}

variable "api_host" {
  description = "Host name of the query API, to be watched from outside; null: it is not public."
  type        = string
  default     = null

  validation {
    condition     = var.api_host == null ? true : can(regex("^[a-z0-9-]+([.][a-z0-9-]+)+$", var.api_host))
    error_message = "api_host is a host name, as gridpulse.example.org, without https:// and path."
  }
}
