variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "location" {
  description = "Region or multi-region of the buckets, as EU or europe-west1."
  type        = string
}

variable "prefix" {
  description = "What the buckets' names begin with; names are the world's, so begin with the project."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,40}$", var.prefix))
    error_message = "prefix has 2 to 41 small letters, digits and hyphens, a letter or digit first."
  }
}

variable "buckets" {
  description = "Buckets by the last part of their names, with who may read or write them (members, as serviceAccount:...)."
  type = map(object({
    versioning                   = optional(bool, false)
    delete_after_days            = optional(number) # null: never
    nearline_after_days          = optional(number) # null: never
    delete_noncurrent_after_days = optional(number, 30)
    soft_delete_days             = optional(number, 7)
    readers                      = optional(map(string), {}) # name -> member
    writers                      = optional(map(string), {})
  }))

  validation {
    condition     = alltrue([for bucket in values(var.buckets) : bucket.soft_delete_days == 0 || (bucket.soft_delete_days >= 7 && bucket.soft_delete_days <= 90)])
    error_message = "soft_delete_days is 0, or from 7 to 90."
  }

  validation {
    condition     = !anytrue([for name, bucket in var.buckets : bucket.delete_after_days != null if name == "lake"])
    error_message = "The lake is the backup: nothing in it may be deleted by age."
  }

  validation {
    condition = alltrue(flatten([
      for bucket in values(var.buckets) : [
        for member in concat(values(bucket.readers), values(bucket.writers)) : can(regex("^(serviceAccount|group|user|principal|principalSet):.+", member))
      ]
    ]))
    error_message = "A reader or writer is a member as serviceAccount:... or group:...; allUsers is nobody's friend."
  }
}

variable "kms_key" {
  description = "Key for the objects; null: Google's."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}
