# Optional: a bucket for downloads, and a table of all changes.

resource "google_storage_bucket" "downloads" {
  count                       = var.download_bucket == null ? 0 : 1
  name                        = var.download_bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  depends_on                  = [google_project_service.this]

  versioning {
    enabled = true
  }

  # What a broken-off copy leaves behind.
  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }
}

resource "google_storage_bucket_iam_member" "downloads" {
  count  = var.download_bucket != null && var.handlers ? 1 : 0
  bucket = google_storage_bucket.downloads[0].name
  role   = "roles/storage.objectUser"
  member = google_service_account.runtime["handle"].member
}

resource "google_bigquery_dataset" "audit" {
  for_each    = local.audits
  dataset_id  = local.name
  location    = var.region
  description = "Every change that Watchkeeper told"
  depends_on  = [google_project_service.this]
}

# The form is Pub/Sub's: https://docs.cloud.google.com/pubsub/docs/bigquery#write_message_metadata
resource "google_bigquery_table" "audit" {
  for_each            = local.audits
  dataset_id          = google_bigquery_dataset.audit[each.key].dataset_id
  table_id            = each.key
  deletion_protection = true

  time_partitioning {
    type  = "DAY"
    field = "publish_time"
  }

  schema = jsonencode([
    { name = "subscription_name", type = "STRING" },
    { name = "message_id", type = "STRING" },
    { name = "publish_time", type = "TIMESTAMP" },
    { name = "attributes", type = "JSON" },
    { name = "data", type = "JSON" },
  ])
}

resource "google_bigquery_dataset_iam_member" "audit" {
  for_each   = local.audits
  dataset_id = google_bigquery_dataset.audit[each.key].dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = local.publisher
}

resource "google_pubsub_subscription" "audit" {
  for_each = local.audits
  name     = "${each.key}-audit"
  topic    = google_pubsub_topic.queue[each.key].id

  bigquery_config {
    table          = "${var.project_id}.${google_bigquery_table.audit[each.key].dataset_id}.${google_bigquery_table.audit[each.key].table_id}"
    write_metadata = true
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead[each.key].id
    max_delivery_attempts = 100
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [google_bigquery_dataset_iam_member.audit, google_pubsub_topic_iam_member.dead, time_sleep.grants]
}

resource "google_pubsub_subscription_iam_member" "audit" {
  for_each     = local.audits
  subscription = google_pubsub_subscription.audit[each.key].id
  role         = "roles/pubsub.subscriber"
  member       = local.publisher
}
