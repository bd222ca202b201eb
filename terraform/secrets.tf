# Secrets. No value of any is in the state or in a plan: the first signing key is written and forgotten, everything
# else is filled in by the operator.

locals {
  # Named by `forward` handlers; the code lets them name neither the signing keys nor anybody's OAuth token.
  forward_secrets = setunion(var.forward_secrets, toset(flatten([
    for watch in var.watches : [for handler in try(watch.handle, []) : [for secret in [try(handler.forward.secret, null)] : secret if secret != null]]
  ])))
  forwarded = var.handlers ? local.forward_secrets : toset([])
}

resource "google_secret_manager_secret" "signing_keys" {
  secret_id           = "signing-keys"
  version_destroy_ttl = "2592000s" # a version destroyed by mistake can be had back for 30 days
  depends_on          = [google_project_service.this]

  replication {
    dynamic "auto" {
      for_each = length(var.secret_locations) == 0 ? [1] : []
      content {}
    }
    dynamic "user_managed" {
      for_each = length(var.secret_locations) > 0 ? [1] : []
      content {
        dynamic "replicas" {
          for_each = var.secret_locations
          content {
            location = replicas.value
          }
        }
      }
    }
  }
}

ephemeral "random_password" "signing_key" {
  length  = 48
  special = false
}

# The first key ring: `ID CREATED SECRET`. Later versions, always the whole ring, are written by the command line. This
# one is never changed and never taken back: as `latest` it would void every key that came after it.
resource "google_secret_manager_secret_version" "signing_keys" {
  secret                 = google_secret_manager_secret.signing_keys.id
  secret_data_wo         = "k1 1970-01-01T00:00:00+00:00 ${ephemeral.random_password.signing_key.result}\n"
  secret_data_wo_version = 1
  deletion_policy        = "ABANDON"

  lifecycle {
    ignore_changes = all
  }
}

resource "google_secret_manager_secret_iam_member" "signing_keys" {
  for_each  = local.readers
  secret_id = google_secret_manager_secret.signing_keys.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.runtime[each.key].member
}

# Empty until somebody fills it: a handler whose secret is missing says so and tries again.
resource "google_secret_manager_secret" "forward" {
  for_each   = local.forwarded
  secret_id  = each.key
  depends_on = [google_project_service.this]

  replication {
    dynamic "auto" {
      for_each = length(var.secret_locations) == 0 ? [1] : []
      content {}
    }
    dynamic "user_managed" {
      for_each = length(var.secret_locations) > 0 ? [1] : []
      content {
        dynamic "replicas" {
          for_each = var.secret_locations
          content {
            location = replicas.value
          }
        }
      }
    }
  }
}

resource "google_secret_manager_secret_iam_member" "forward" {
  for_each  = local.forwarded # not the secrets themselves: `terraform import` does not know those beforehand
  secret_id = google_secret_manager_secret.forward[each.key].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.runtime["handle"].member
}
