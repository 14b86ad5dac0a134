variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "region" {
  description = "Region of subnets, router and NAT."
  type        = string
}

variable "name" {
  description = "What all names begin with."
  type        = string
}

variable "ranges" {
  description = "Addresses, in CIDR notation: of nodes, pods, Services, the control plane, and Dataproc."
  type = object({
    nodes         = optional(string, "10.10.0.0/22")
    pods          = optional(string, "10.20.0.0/16")
    services      = optional(string, "10.30.0.0/20")
    control_plane = optional(string, "172.16.0.0/28")
    dataproc      = optional(string, "10.40.0.0/24")
  })
  default = {}

  validation {
    condition     = alltrue([for range in values(var.ranges) : can(cidrnetmask(range))])
    error_message = "Each of ranges is a block of IPv4 addresses, as 10.10.0.0/22."
  }

  validation {
    condition     = alltrue([for range in values(var.ranges) : try(tonumber(split("/", range)[1]), 0) >= 8])
    error_message = "No range may be wider than /8: 0.0.0.0/0 is everyone."
  }

  validation {
    condition     = try(tonumber(split("/", var.ranges.control_plane)[1]), 0) == 28
    error_message = "ranges.control_plane is a /28, as GKE wants it."
  }
}

variable "webhook_ports" {
  description = "Ports of the operators' webhooks, which the control plane calls. GKE itself opens 443 and 10250."
  type        = set(number)
  default     = [8443, 9443]
}

variable "dataproc_to_pods_ports" {
  description = "Ports of pods that Dataproc's machines may call, as 9042 of Cassandra and 9093 of Kafka; empty: none."
  type        = set(number)
  default     = []
}

variable "flow_logs" {
  description = "Sampled logs of the subnets' connections; null: none."
  type = object({
    interval = optional(string, "INTERVAL_10_MIN")
    sampling = optional(number, 0.1)
  })
  default = {}

  validation {
    condition     = var.flow_logs == null ? true : var.flow_logs.sampling > 0 && var.flow_logs.sampling <= 1
    error_message = "flow_logs.sampling is a share above 0, up to 1; for no logs, set flow_logs to null."
  }
}
