# Topics, and who is pushed what. What cannot be delivered goes to a topic of its own, from which nothing takes it but
# a person.

locals {
  gmail = coalesce(var.gmail, anytrue([for watch in var.watches : try(watch.source == "gmail.mailbox", false)]))

  # Subscriptions by topic: whom they push to, and after how many attempts a message is given up. A lost job is only
  # a later pull; a change is tried for about 16 hours.
  queues = {
    for topic, queue in {
      notifications = { pushed_to = "sync", ordered = true, attempts = 20, kept = null }
      changes       = { pushed_to = "handle", ordered = true, attempts = 100, kept = "604800s" }
      gmail         = { pushed_to = "sync", ordered = false, attempts = 20, kept = null } # Gmail sets no ordering key
    } : topic => queue if topic != "gmail" || local.gmail
  }
  topics = { for topic, queue in google_pubsub_topic.queue : topic => "projects/${var.project_id}/topics/${queue.name}" } # known in a plan, unlike ids
  pushed = { for topic, queue in local.queues : topic => queue if contains(local.runtimes, queue.pushed_to) }
  audits = var.audit_log ? toset(["changes"]) : toset([])

  publishers = {
    receive-notifications = ["receive", "notifications"]
    renew-notifications   = ["renew", "notifications"]
    sync-notifications    = ["sync", "notifications"]
    sync-changes          = ["sync", "changes"]
  }
}

resource "google_pubsub_topic" "queue" {
  for_each                   = local.queues
  name                       = each.key
  message_retention_duration = each.value.kept # can be replayed, with or without a subscription
  depends_on                 = [google_project_service.this]
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = local.publishers
  topic    = google_pubsub_topic.queue[each.value[1]].id
  role     = "roles/pubsub.publisher"
  member   = google_service_account.runtime[each.value[0]].member
}

# https://developers.google.com/workspace/gmail/api/guides/push#grant_publish_rights_on_your_topic
resource "google_pubsub_topic_iam_member" "gmail" {
  count  = local.gmail ? 1 : 0
  topic  = google_pubsub_topic.queue["gmail"].id
  role   = "roles/pubsub.publisher"
  member = "serviceAccount:gmail-api-push@system.gserviceaccount.com"
}

resource "google_pubsub_subscription" "push" {
  for_each                   = local.pushed
  name                       = "${each.key}-${each.value.pushed_to}"
  topic                      = google_pubsub_topic.queue[each.key].id
  ack_deadline_seconds       = 600 # longer than the function's timeout
  message_retention_duration = "604800s"
  enable_message_ordering    = each.value.ordered

  push_config {
    push_endpoint = google_cloudfunctions2_function.this[each.value.pushed_to].service_config[0].uri

    oidc_token {
      service_account_email = google_service_account.caller["push"].email
      audience              = google_cloudfunctions2_function.this[each.value.pushed_to].service_config[0].uri
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead[each.key].id
    max_delivery_attempts = each.value.attempts
  }

  expiration_policy {
    ttl = "" # else it goes after 31 idle days
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.caller,
    google_pubsub_topic_iam_member.dead,
    time_sleep.grants,
  ]
}

resource "google_pubsub_topic" "dead" {
  for_each   = local.queues
  name       = "${each.key}-dead"
  depends_on = [google_project_service.this]
}

# Keeps what was given up until a person has looked: a topic without a subscription would lose it.
resource "google_pubsub_subscription" "dead" {
  for_each                   = local.queues
  name                       = "${each.key}-dead"
  topic                      = google_pubsub_topic.dead[each.key].id
  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s" # 31 days, the longest there is

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub itself moves a message: it publishes to the one topic and takes it from the other's subscription.
resource "google_pubsub_topic_iam_member" "dead" {
  for_each = local.queues
  topic    = google_pubsub_topic.dead[each.key].id
  role     = "roles/pubsub.publisher"
  member   = local.publisher
}

resource "google_pubsub_subscription_iam_member" "dead" {
  for_each     = local.pushed
  subscription = google_pubsub_subscription.push[each.key].id
  role         = "roles/pubsub.subscriber"
  member       = local.publisher
}
