variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "region" {
  description = "Region of the clusters."
  type        = string
}

variable "name" {
  description = "What all names begin with."
  type        = string
}

variable "network" {
  description = "Where they are: outputs of the module network."
  type = object({
    subnet_id = string
    tag       = string
  })
}

variable "service_account" {
  description = "Account of the machines: it reads the lake, and writes to the bucket below."
  type = object({
    email  = string
    member = string
  })
}

variable "bucket" {
  description = "Bucket of the notebooks, the clusters' own files, and what is installed on them. The account writes to it."
  type        = string
}

variable "lake" {
  description = "Address of the lake, as gs://bucket/lake."
  type        = string
}

variable "bundle" {
  description = "What `make dataproc-bundle` made, as gs://bucket/gridpulse/gridpulse-spark-0.1.0.tar.gz: jobs, SQL and packages."
  type        = string

  validation {
    condition     = can(regex("^gs://.+[.]tar[.]gz$", var.bundle))
    error_message = "bundle is the address of a file as gs://bucket/folder/name.tar.gz."
  }
}

variable "clusters" {
  description = <<-END
    Clusters by name: `workers` null is a single node, for study; else so many, as the load wants. Each ends by itself
    when nobody has used it for idle_minutes.
  END
  type = map(object({
    machine_type = optional(string, "e2-standard-4")
    disk_gb      = optional(number, 100)
    jupyter      = optional(bool, true)
    idle_minutes = optional(number, 60)
    workers = optional(object({
      machine_type  = optional(string, "e2-standard-4")
      min           = optional(number, 2)
      max           = number
      secondary_max = optional(number, 0) # spot machines, which hold no data
    }))
  }))
  default = {}

  validation {
    condition     = alltrue([for cluster in values(var.clusters) : cluster.idle_minutes >= 10])
    error_message = "idle_minutes of a cluster is at least 10."
  }

  validation {
    condition     = alltrue([for cluster in values(var.clusters) : cluster.workers == null ? true : cluster.workers.min >= 2 && cluster.workers.max >= cluster.workers.min])
    error_message = "A cluster has at least two workers, and workers.max is not below workers.min; for a single node, leave workers out."
  }
}

variable "image_version" {
  description = "Image of Dataproc; its Spark is 3.5, as the product's."
  type        = string
  default     = "2.3-debian12"

  validation {
    condition     = startswith(var.image_version, "2.3-")
    error_message = "image_version is one of 2.3: its Spark is 3.5, its Scala 2.12, and its Python 3.11, as the product's."
  }
}

variable "kms_key" {
  description = "Key for the disks; null: Google's."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}
