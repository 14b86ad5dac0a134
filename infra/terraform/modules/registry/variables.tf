variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "location" {
  description = "Region or multi-region of the images, as europe-west1 or europe."
  type        = string
}

variable "name" {
  description = "Name of the repository; images and charts are below it."
  type        = string
  default     = "gridpulse"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.name))
    error_message = "A repository's name has small letters, digits and hyphens, a letter first."
  }
}

variable "readers" {
  description = "Members, by name, that pull: the nodes."
  type        = map(string)
}

variable "writers" {
  description = "Members, by name, that push: who releases."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for member in concat(values(var.readers), values(var.writers)) : can(regex("^(serviceAccount|group|user|principal|principalSet):.+", member))])
    error_message = "A reader or writer is a member as serviceAccount:... or group:...; allUsers is everyone."
  }
}

variable "keep" {
  description = "What is cleared away: images without a tag after so many days; of each image so many newest stay whatever their age."
  type = object({
    untagged_days = optional(number, 14)
    newest        = optional(number, 20)
  })
  default = {}

  validation {
    condition     = var.keep.untagged_days >= 1 && var.keep.newest >= 3
    error_message = "keep.untagged_days is at least 1 and keep.newest at least 3: a rollback needs its image."
  }
}

variable "kms_key" {
  description = "Key for the images; null: Google's."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}
