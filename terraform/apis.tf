# The services of Google that must be on. They stay on at a destroy: others may use them.

locals {
  apis = toset(concat(
    [
      "artifactregistry", "cloudbuild", "cloudfunctions", "cloudscheduler", "firestore", "iam", "iamcredentials",
      "logging", "monitoring", "pubsub", "run", "secretmanager", "storage",
    ],
    ["admin", "calendar-json", "drive", "gmail"], # what is watched
    var.audit_log ? ["bigquery"] : [],
  ))
}

resource "google_project_service" "this" {
  for_each           = local.apis
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

# Without `depends_on`: the number has to be known when a plan is made.
data "google_project" "this" {
  count      = var.project_number == null ? 1 : 0
  project_id = var.project_id
}

locals {
  name           = "watchkeeper"
  project_number = coalesce(var.project_number, one(data.google_project.this[*].number))
}

# In a new project Pub/Sub's own account is not there before it is asked for, and takes no grants.
resource "google_project_service_identity" "pubsub" {
  provider   = google-beta
  service    = "pubsub.googleapis.com"
  depends_on = [google_project_service.this]
}
