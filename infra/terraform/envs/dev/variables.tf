variable "project_id" {
  description = "Google Cloud project; it exists, and has a billing account."
  type        = string
}

variable "region" {
  description = "Region of everything."
  type        = string
  default     = "europe-west1"
}

variable "zones" {
  description = "Zones of the nodes: three, for brokers and Cassandra nodes."
  type        = set(string)
  default     = ["europe-west1-b", "europe-west1-c", "europe-west1-d"]

  validation {
    condition     = length(var.zones) == 3
    error_message = "zones are three: every topic and every row has a copy in each."
  }
}

variable "name" {
  description = "What names begin with; another one for each environment of a project."
  type        = string
  default     = "gridpulse"
}

variable "data_location" {
  description = "Where buckets and BigQuery keep the data; null: the region. Can't be changed later."
  type        = string
  default     = null
}

variable "release" {
  description = "Name and namespace of the Helm release, whose accounts of Kubernetes act as Google's."
  type = object({
    name      = optional(string, "gridpulse")
    namespace = optional(string, "gridpulse")
  })
  default = {}
}

variable "node_pools" {
  description = "Node pools, as the module gke has them. stateful and streaming are for stores and the stream alone."
  type = map(object({
    machine_type = string
    min_per_zone = optional(number, 0)
    max_per_zone = number
    disk_gb      = optional(number, 50)
    disk_type    = optional(string, "pd-balanced")
    spot         = optional(bool, false)
    labels       = optional(map(string), {})
    zones        = optional(set(string))
    dedicated    = optional(bool, false)
    max_surge    = optional(number, 1)
    max_pods     = optional(number, 64)
  }))

  validation {
    condition     = length(setsubtract(["stateful", "streaming", "general"], keys(var.node_pools))) == 0
    error_message = "node_pools has at least stateful, streaming and general; the chart's values name them."
  }
}

variable "ranges" {
  description = "Addresses, as the module network has them; null: its own."
  type        = map(string)
  default     = {}
}

variable "authorized_networks" {
  description = "Networks inside the VPC that may reach the control plane's private address, by name."
  type        = map(string)
  default     = {}
}

variable "release_channel" {
  description = "Who decides on Kubernetes' versions."
  type        = string
  default     = "REGULAR"
}

variable "maintenance_exclusions" {
  description = "When nothing is upgraded, by name, as {start, end}."
  type        = map(object({ start = string, end = string }))
  default     = {}
}

variable "lake_nearline_after_days" {
  description = "Days after which files of the lake are moved to cheaper storage; null: never."
  type        = number
  default     = null
}

variable "analysts" {
  description = "Members, by name, that read the warehouse, as team = group:analysts@example.org."
  type        = map(string)
  default     = {}
}

variable "releasers" {
  description = "Members, by name, that push images and charts."
  type        = map(string)
  default     = {}
}

variable "dataproc" {
  description = "Clusters for notebooks and SQL on the lake, as the module dataproc has them; and ports of the stores that they may call."
  type = object({
    clusters = optional(map(object({
      machine_type = optional(string, "e2-standard-4")
      disk_gb      = optional(number, 100)
      jupyter      = optional(bool, true)
      idle_minutes = optional(number, 60)
      workers = optional(object({
        machine_type  = optional(string, "e2-standard-4")
        min           = optional(number, 2)
        max           = number
        secondary_max = optional(number, 0)
      }))
    })), {})
    store_ports = optional(set(number), [])
  })
  default = {}
}

variable "scheduled_subtables" {
  description = "BigQuery makes the subtables itself, every day; for installations without Airflow."
  type        = bool
  default     = false
}

variable "kms_key" {
  description = "Key of your own for buckets, tables, images, disks and Secrets; null: Google's."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Refuse to destroy cluster, tables and secrets. Off, applied, and only then can they be destroyed."
  type        = bool
  default     = true
}

variable "alert_emails" {
  description = "Who is told of budget and outages, by name."
  type        = map(string)
  default     = {}
}

variable "budget" {
  description = "What a month may cost, as the module project has it; null: no budget."
  type = object({
    billing_account = string
    amount          = number
    currency        = optional(string, "EUR")
  })
  default = null
}

variable "api_host" {
  description = "Host name of the query API, to be watched from outside; null: it is not public."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}
