# The Firestore database: its expiry rules and what is kept out of indexes. No query of ours needs a composite index.

locals {
  database = var.database.create ? google_firestore_database.this[0].name : google_firestore_database.existing[var.database.name].name

  # Collections whose documents go by themselves when `delete_at` has passed, up to a day late.
  expiring = ["channels", "handled", "progress", "seen", "unreadable"]
}

resource "google_firestore_database" "this" {
  count                             = var.database.create ? 1 : 0
  name                              = var.database.name
  location_id                       = coalesce(var.database.location, var.region)
  type                              = "FIRESTORE_NATIVE"
  delete_protection_state           = "DELETE_PROTECTION_ENABLED"
  deletion_policy                   = "ABANDON" # a destroy forgets it: the state of all watches stays
  point_in_time_recovery_enablement = var.database.point_in_time_recovery ? "POINT_IN_TIME_RECOVERY_ENABLED" : "POINT_IN_TIME_RECOVERY_DISABLED"
  depends_on                        = [google_project_service.this]
}

# One that is there already is imported only to look at it: nothing of it is ever changed, and a destroy forgets it.
import {
  for_each = toset(var.database.create ? [] : [var.database.name])
  to       = google_firestore_database.existing[each.key]
  id       = "projects/${var.project_id}/databases/${each.key}"
}

resource "google_firestore_database" "existing" {
  for_each        = toset(var.database.create ? [] : [var.database.name])
  name            = each.key
  location_id     = coalesce(var.database.location, var.region)
  type            = "FIRESTORE_NATIVE"
  deletion_policy = "ABANDON"
  depends_on      = [google_project_service.this]

  lifecycle {
    ignore_changes = all

    postcondition {
      condition     = self.type == "FIRESTORE_NATIVE" && self.database_edition != "ENTERPRISE"
      error_message = "database: ${each.key} is not a Firestore database in Native mode of the Standard edition (its type is ${self.type}); name another one, or let one be created."
    }
  }
}

# Without an index: expiry times only grow, and an index over them is written in one place.
# https://docs.cloud.google.com/firestore/native/docs/ttl
resource "google_firestore_field" "expiry" {
  for_each   = toset(local.expiring)
  database   = local.database
  collection = each.key
  field      = "delete_at"
  ttl_config {}
  index_config {}
}

# What is only ever read whole: one document of packed memory would be thousands of index entries.
resource "google_firestore_field" "unindexed" {
  for_each   = { seen = "*", handled = "body" }
  database   = local.database
  collection = each.key
  field      = each.value
  index_config {}
  depends_on = [google_firestore_field.expiry] # changes of one collection at a time
}
