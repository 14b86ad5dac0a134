variable "project_id" {
  description = "Google Cloud project that keeps the state."
  type        = string
}

variable "location" {
  description = "Region or multi-region of the bucket, as EU."
  type        = string
  default     = "EU"
}

variable "name" {
  description = "Name of the bucket; null: <project>-terraform-state."
  type        = string
  default     = null

  validation {
    condition     = var.name == null ? true : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket's name has 3 to 63 small letters, digits and hyphens."
  }
}

variable "writers" {
  description = "Members, by name, that plan and apply, as ci = serviceAccount:...: nobody else may read the state."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for member in values(var.writers) : can(regex("^(serviceAccount|group|user|principal|principalSet):.+", member))])
    error_message = "A writer is a member as serviceAccount:... or group:...; allUsers is everyone."
  }
}

variable "kms_key" {
  description = "Key for the state; null: Google's."
  type        = string
  default     = null
}
