# What an operator decides. The watches themselves: watches.tf.

variable "project_id" {
  description = "The Google Cloud project to deploy into."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id: ${jsonencode(var.project_id)} is no project id: 6 to 30 of a-z, 0-9 and -, first a letter, last no hyphen (the id, not the name or the number)."
  }
}

variable "project_number" {
  description = "The project's number; by default it is looked up."
  type        = string
  default     = null

  validation {
    condition     = var.project_number == null || can(regex("^[0-9]{6,19}$", var.project_number))
    error_message = "project_number: ${jsonencode(var.project_number)} is not a number: gcloud projects describe PROJECT --format='value(projectNumber)'."
  }
}

variable "region" {
  description = "The region of functions, topics and buckets."
  type        = string
  default     = "europe-west1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.region))
    error_message = "region: ${jsonencode(var.region)} is not a region such as europe-west1 or us-central1."
  }
}

variable "scheduler_region" {
  description = "The region of Cloud Scheduler, which is in fewer regions than Cloud Run; by default `region`."
  type        = string
  default     = null

  validation {
    condition     = contains(local.scheduler_regions, coalesce(var.scheduler_region, var.region))
    error_message = "scheduler_region: Cloud Scheduler is not in ${coalesce(var.scheduler_region, var.region)}; set scheduler_region to one near by, of: ${join(", ", local.scheduler_regions)}."
  }
}

variable "receiver_url" {
  description = "The https address of `receive` under a domain of your own; by default the function's own."
  type        = string
  default     = null

  validation {
    condition     = var.receiver_url == null || can(regex("^https://[^\\s/?#@]+(/[^\\s?#]*)?$", var.receiver_url))
    error_message = "receiver_url: ${jsonencode(var.receiver_url)} is not an https address such as https://hooks.example.com/receive: Google sends notifications to nothing else."
  }
}

variable "public_access" {
  description = "How Google may call `receive`: `iam` grants it to allUsers; `none` grants nothing, for organisations that forbid that (docs/deploy.md says what to do then)."
  type        = string
  default     = "iam"
  nullable    = false

  validation {
    condition     = contains(["iam", "none"], var.public_access)
    error_message = "public_access: ${jsonencode(var.public_access)} is not one of: iam, none."
  }
}

variable "receive" {
  description = "The size of `receive`: `concurrency` requests in each of `max_instances`; more `min_instances` than 0 spare Google's sender the cold start, and cost about 10 USD a month each."
  type = object({
    concurrency   = optional(number, 40)
    max_instances = optional(number, 20)
    min_instances = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.receive.concurrency >= 1 && var.receive.concurrency <= 200 && var.receive.max_instances >= 1 && var.receive.max_instances <= 1000 && var.receive.min_instances >= 0 && var.receive.min_instances <= var.receive.max_instances
    error_message = "receive: concurrency is 1 to 200, max_instances 1 to 1000, min_instances 0 to max_instances."
  }
}

variable "handlers" {
  description = "Whether `handle` is deployed: the download and forward handlers of watches."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.handlers || try(alltrue([for watch in var.watches : try(length(watch.handle), 0) == 0]), true)
    error_message = "handlers: is false, but these watches have handlers, which nothing would run: ${try(join(", ", [for watch in var.watches : watch.id if try(length(watch.handle), 0) > 0]), "")}."
  }
}

variable "forward_secrets" {
  description = "Secrets for `forward` handlers beside those that `watches` names, such as of watches declared by the command line."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.forward_secrets : can(regex("^[A-Za-z0-9_-]{1,255}$", name)) && name != "signing-keys" && !startswith(name, "oauth-")])
    error_message = "forward_secrets: a name is 1 to 255 of A-Z a-z 0-9 _ -, and neither signing-keys nor one that begins with oauth-."
  }
}

variable "gmail" {
  description = "Whether the topic that Gmail publishes to is made; by default if a watch of `gmail.mailbox` is declared here."
  type        = bool
  default     = null
}

variable "database" {
  description = "The Firestore database. `create = false` uses one that is there already, in Native mode."
  type = object({
    name                   = optional(string, "(default)")
    create                 = optional(bool, true)
    location               = optional(string)
    point_in_time_recovery = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.database.name == "(default)" || can(regex("^[a-z][a-z0-9-]{2,61}[a-z0-9]$", var.database.name))
    error_message = "database: the name ${jsonencode(var.database.name)} is neither (default) nor 4 to 63 of a-z, 0-9 and -, first a letter, last no hyphen."
  }
}

variable "secret_locations" {
  description = "Regions that secrets are kept in, where an organisation forbids automatic replication; empty: automatic."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "download_bucket" {
  description = "A bucket to make for `download` handlers; none by default. Bucket names are unique in the world."
  type        = string
  default     = null

  validation {
    condition     = var.download_bucket == null || can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.download_bucket)) && !startswith(coalesce(var.download_bucket, "-"), "goog")
    error_message = "download_bucket: ${jsonencode(var.download_bucket)} is not a bucket's name: 3 to 63 of a-z, 0-9, -, _ and ., not beginning with goog."
  }
}

variable "audit_log" {
  description = "Whether every change is also written to a BigQuery table."
  type        = bool
  default     = false
  nullable    = false
}

variable "alerts" {
  description = "Whether alerts are made; metrics and the dashboard always are."
  type        = bool
  default     = true
  nullable    = false
}

variable "notification_channel" {
  description = "Whom alerts tell: an e-mail address, or the name of a notification channel, projects/PROJECT/notificationChannels/NUMBER. None: incidents are only in the console."
  type        = string
  default     = null

  validation {
    condition     = var.notification_channel == null || can(regex("^(projects/[^/]+/notificationChannels/[0-9]+|[^@\\s]+@[^@\\s]+)$", var.notification_channel))
    error_message = "notification_channel: ${jsonencode(var.notification_channel)} is neither an e-mail address nor projects/PROJECT/notificationChannels/NUMBER."
  }
}

variable "silent_minutes" {
  description = "After how many minutes without a successful `renew` an alert is raised."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.silent_minutes >= 3 && var.silent_minutes <= 1380 && floor(var.silent_minutes) == var.silent_minutes
    error_message = "silent_minutes: ${var.silent_minutes} is not a whole number from 3 to 1380."
  }
}

variable "labels" {
  description = "Labels for everything that can have some."
  type        = map(string)
  default     = {}
  nullable    = false
}

locals {
  # https://docs.cloud.google.com/scheduler/docs/locations, as of November 2026; it grows.
  scheduler_regions = [
    "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3", "asia-south1", "asia-south2",
    "asia-southeast1", "asia-southeast2", "asia-southeast3", "australia-southeast1", "europe-central2",
    "europe-west1", "europe-west12", "europe-west2", "europe-west3", "europe-west4", "europe-west6", "me-central1",
    "me-central2", "me-west1", "northamerica-northeast1", "northamerica-northeast2", "southamerica-east1",
    "us-central1", "us-east1", "us-east4", "us-west1", "us-west2", "us-west3", "us-west4",
  ]
}
