variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "region" {
  description = "Region of the cluster; its control plane is in several zones of it."
  type        = string
}

variable "zones" {
  description = "Zones of the nodes. Three brokers and three Cassandra nodes want three."
  type        = set(string)

  validation {
    condition     = length(var.zones) > 0 && alltrue([for zone in var.zones : startswith(zone, "${var.region}-")])
    error_message = "zones are of the region, as europe-west1-b of europe-west1, and at least one."
  }
}

variable "name" {
  description = "Name of the cluster, and what other names begin with."
  type        = string
}

variable "network" {
  description = "Where it is: outputs of the module network."
  type = object({
    network_id           = string
    subnet_id            = string
    pods_range           = string
    services_range       = string
    control_plane_range  = string
    node_tag             = string
    authorized_networks  = optional(map(string), {}) # name -> CIDR; inside the network, since there is no public address
    external_dns_control = optional(bool, true)      # the control plane by its DNS name, for whoever IAM lets in
  })

  validation {
    condition     = alltrue([for range in values(var.network.authorized_networks) : try(tonumber(split("/", range)[1]), 0) >= 8])
    error_message = "An authorized network is a block no wider than /8: 0.0.0.0/0 is everyone."
  }
}

variable "node_service_account" {
  description = "E-mail address of the nodes' service account."
  type        = string
}

variable "node_pools" {
  description = "Node pools by name. Counts are for each zone."
  type = map(object({
    machine_type = string
    min_per_zone = optional(number, 0)
    max_per_zone = number
    disk_gb      = optional(number, 50)
    disk_type    = optional(string, "pd-balanced")
    spot         = optional(bool, false)
    labels       = optional(map(string), {})
    zones        = optional(set(string)) # null: those of the cluster
    dedicated    = optional(bool, false) # a taint keeps out what does not bear it
    max_surge    = optional(number, 1)
    max_pods     = optional(number, 64)
  }))

  validation {
    condition     = length(var.node_pools) > 0
    error_message = "A cluster needs at least one node pool."
  }

  validation {
    condition     = alltrue([for pool in values(var.node_pools) : pool.min_per_zone >= 0 && pool.max_per_zone >= max(1, pool.min_per_zone)])
    error_message = "max_per_zone of a node pool is at least 1, and not below its min_per_zone."
  }

  validation {
    condition     = !anytrue([for name, pool in var.node_pools : pool.spot if name == "stateful"])
    error_message = "The pool stateful can't be of spot machines: Google takes several at once, and brokers and nodes go together."
  }
}

variable "release_channel" {
  description = "Who decides on versions: RAPID, REGULAR, STABLE or EXTENDED."
  type        = string
  default     = "REGULAR"

  validation {
    condition     = contains(["RAPID", "REGULAR", "STABLE", "EXTENDED"], var.release_channel)
    error_message = "release_channel is RAPID, REGULAR, STABLE or EXTENDED."
  }
}

variable "maintenance" {
  description = "When Google may upgrade, in UTC; and when it may not, by name."
  type = object({
    start      = optional(string, "2026-01-03T02:00:00Z")
    end        = optional(string, "2026-01-03T08:00:00Z")
    recurrence = optional(string, "FREQ=WEEKLY;BYDAY=SA,SU")
    exclusions = optional(map(object({
      start = string
      end   = string
      scope = optional(string, "NO_MINOR_OR_NODE_UPGRADES")
    })), {})
  })
  default = {}

  validation {
    condition     = can(timecmp(var.maintenance.start, var.maintenance.end)) && try(timecmp(var.maintenance.start, var.maintenance.end), 0) < 0
    error_message = "maintenance.start and maintenance.end are instants as 2026-01-03T02:00:00Z, the end after the start."
  }
}

variable "managed_prometheus" {
  description = "Google's own collection of metrics, paid by sample. Off: the chart's Prometheus does it."
  type        = bool
  default     = false
}

variable "kms_key" {
  description = "Key for the Secrets in the cluster and the nodes' disks; null: Google's."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Refuse to destroy the cluster."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}
