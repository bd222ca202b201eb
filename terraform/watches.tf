# The declared watches: the same keys and rules as in `watches.yaml`. The rules themselves are in watches.json, which is
# written from the code that reads declarations (`make terraform-schema`).

variable "watches" {
  description = "The watches: a list of objects with the keys of watches.yaml (id, source, subject, admin, params, poll, ttl, push, paused, handle)."
  type        = any # an object type would drop a misspelt key without a word
  default     = []
  nullable    = false

  validation {
    condition     = try(startswith(jsonencode(var.watches), "[") && alltrue([for watch in var.watches : can(regex(local.rules.watch.id.pattern, watch.id)) && startswith(jsonencode(watch.id), "\"")]), false)
    error_message = "watches: it is a list of objects, each with an id of 1 to 40 of a-z, 0-9 and -."
  }

  validation {
    condition     = try(length(distinct(var.watches[*].id)) == length(var.watches), true)
    error_message = "watches: declared twice: ${try(join(", ", distinct([for watch in var.watches : watch.id if length([for other in var.watches : 0 if other.id == watch.id]) > 1])), "")}; ids are unique."
  }

  validation {
    condition     = try(alltrue([for watch in var.watches : contains(keys(local.rules.sources), try(watch.source, ""))]), true)
    error_message = "watches: no source, or an unknown one: ${try(join(", ", [for watch in var.watches : "${watch.id} (${try(watch.source, "none")})" if !contains(keys(local.rules.sources), try(watch.source, ""))]), "")}; allowed: ${join(", ", keys(local.rules.sources))}."
  }

  validation {
    condition     = try(length(flatten([for watch in var.watches : setsubtract(keys(watch), local.keys)])) == 0, true)
    error_message = "watches: unknown keys: ${try(join(", ", flatten([for watch in var.watches : [for key in setsubtract(keys(watch), local.keys) : "${watch.id}.${key}"]])), "")}; allowed: ${join(", ", local.keys)}."
  }

  validation {
    condition     = try(alltrue(flatten([for watch in var.watches : [for key in ["poll", "ttl"] : can(regex(local.rules.watch[key].pattern, watch[key])) if try(watch[key], null) != null]])), true)
    error_message = "watches: not a positive length of time such as 45s, 10m, 1h, 1h30m or 7d: ${try(join(", ", flatten([for watch in var.watches : [for key in ["poll", "ttl"] : "${watch.id}.${key}" if try(watch[key], null) != null && !can(regex(local.rules.watch[key].pattern, watch[key]))]])), "")}."
  }
}
