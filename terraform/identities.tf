# Who runs as whom, and every right that is not on a topic, a secret or a bucket of its own.

locals {
  runtimes  = toset(concat(["receive", "renew", "sync"], var.handlers ? ["handle"] : []))
  keepers   = setsubtract(local.runtimes, ["receive"]) # have the store, and call Google Workspace
  readers   = toset(["receive", "renew"])              # of the signing keys
  publisher = "serviceAccount:${google_project_service_identity.pubsub.email}"
}

resource "google_service_account" "runtime" {
  for_each     = local.runtimes
  account_id   = "${local.name}-${each.key}"
  display_name = "Watchkeeper: ${each.key}"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "caller" {
  for_each     = toset(["scheduler", "push"])
  account_id   = "${local.name}-${each.key}"
  display_name = "Watchkeeper: calls functions for ${each.key == "push" ? "Pub/Sub" : "Cloud Scheduler"}"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "build" {
  account_id   = "${local.name}-build"
  display_name = "Watchkeeper: builds the functions"
  depends_on   = [google_project_service.this]
}

# Nothing runs as this account, and it has no rights in the project: files are shared with it, and an administrator
# authorises its unique id. Only the account that opened a channel can stop it, and another one would need a new
# consent: it is never replaced. docs/deploy.md says how to remove it in the end.
resource "google_service_account" "workspace" {
  account_id   = "${local.name}-workspace"
  display_name = "Watchkeeper: calls Google Workspace"
  description  = "Share files with this account, or authorise its unique id for domain-wide delegation."
  depends_on   = [google_project_service.this]

  lifecycle {
    prevent_destroy = true
  }
}

# Keyless: a function signs in the name of `workspace`, which has no key that could leak.
resource "google_service_account_iam_member" "workspace" {
  for_each           = local.keepers
  service_account_id = google_service_account.workspace.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.runtime[each.key].member
}

resource "google_project_iam_member" "store" {
  for_each = local.keepers
  project  = var.project_id
  role     = "roles/datastore.user"
  member   = google_service_account.runtime[each.key].member

  condition {
    title      = "watchkeeper-database"
    expression = "resource.name == \"projects/${var.project_id}/databases/${var.database.name}\" || resource.name.startsWith(\"projects/${var.project_id}/databases/${var.database.name}/\")"
  }
}

# By a condition and not secret by secret: whether an account has a token at all must be told from an outage, and for
# names that do not exist Secret Manager answers "not found" only to those who could read them.
resource "google_project_iam_member" "consents" {
  for_each = local.keepers
  project  = var.project_id
  role     = "roles/secretmanager.secretAccessor"
  member   = google_service_account.runtime[each.key].member

  condition {
    title      = "watchkeeper-oauth-secrets"
    expression = "resource.name.startsWith(\"projects/${local.project_number}/secrets/oauth-\")"
  }
}

# The smallest set that builds functions: https://cloud.google.com/functions/docs/securing/build-custom-sa
resource "google_project_iam_member" "build" {
  for_each = toset(["logging.logWriter", "artifactregistry.writer", "storage.objectViewer"])
  project  = var.project_id
  role     = "roles/${each.key}"
  member   = google_service_account.build.member
}

# A grant takes a while to be seen everywhere; the first build and the first start would fail for it.
resource "time_sleep" "grants" {
  create_duration = "60s"

  depends_on = [
    google_project_iam_member.build,
    google_project_iam_member.consents,
    google_project_iam_member.store,
    google_pubsub_topic_iam_member.dead,
    google_pubsub_topic_iam_member.gmail,
    google_pubsub_topic_iam_member.publisher,
    google_secret_manager_secret_iam_member.forward,
    google_secret_manager_secret_iam_member.signing_keys,
    google_service_account_iam_member.workspace,
    google_storage_bucket_iam_member.downloads,
  ]
}
