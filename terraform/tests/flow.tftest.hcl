# From a notification to a change: sizes, queues, clock, state.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}
mock_provider "google-beta" {
  source          = "./tests/mocks"
  override_during = plan
}
mock_provider "archive" {}

mock_provider "time" {}

variables {
  project_id     = "demo-project"
  project_number = "123456789012"
}

run "everything" {
  command = plan
  variables {
    audit_log            = true
    download_bucket      = "demo-project-downloads"
    notification_channel = "ops@example.com"
    watches = [
      { id = "mail", source = "gmail.mailbox", subject = "ana@example.com" },
      { id = "ana-drive", source = "drive.changes", handle = [{ forward = { url = "https://example.com", secret = "forward-key" } }] },
    ]
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.this : function.service_config[0].environment_variables["THREADS"] == tostring(function.service_config[0].max_instance_request_concurrency) && function.service_config[0].available_cpu == "1" && function.service_config[0].max_instance_count > 0])
    error_message = "As many threads as the platform sends requests at once, on a whole CPU."
  }
  assert {
    condition     = google_cloudfunctions2_function.this["receive"].service_config[0].max_instance_request_concurrency * google_cloudfunctions2_function.this["receive"].service_config[0].max_instance_count >= 800
    error_message = "A burst is not answered with 429."
  }
  assert {
    condition     = google_cloudfunctions2_function.this["sync"].service_config[0].timeout_seconds < google_pubsub_subscription.push["notifications"].ack_deadline_seconds
    error_message = "A push is not repeated while it is worked on."
  }
  assert {
    condition     = google_cloud_scheduler_job.renew.schedule == "* * * * *" && google_cloud_scheduler_job.renew.attempt_deadline == "120s" && google_cloudfunctions2_function.this["renew"].service_config[0].timeout_seconds < 120
    error_message = "The clock ticks once a minute and waits for the tick."
  }
  assert {
    condition     = google_cloud_scheduler_job.renew.http_target[0].oidc_token[0].audience == google_cloud_scheduler_job.renew.http_target[0].uri
    error_message = "The audience is the service's address."
  }
  assert {
    condition     = alltrue([for subscription in google_pubsub_subscription.push : subscription.push_config[0].oidc_token[0].audience == subscription.push_config[0].push_endpoint])
    error_message = "The audience of a push is the service's address."
  }
  assert {
    condition     = { for topic, subscription in google_pubsub_subscription.push : topic => [subscription.name, subscription.enable_message_ordering, subscription.dead_letter_policy[0].max_delivery_attempts] } == { notifications = ["notifications-sync", true, 20], changes = ["changes-handle", true, 100], gmail = ["gmail-sync", false, 20] }
    error_message = "Order for watches, none for Gmail; patience for changes."
  }
  assert {
    condition     = alltrue([for subscription in concat(values(google_pubsub_subscription.push), values(google_pubsub_subscription.dead), values(google_pubsub_subscription.audit)) : subscription.expiration_policy[0].ttl == ""])
    error_message = "No subscription goes because nothing happened for a month."
  }
  assert {
    condition     = keys(google_pubsub_subscription.dead) == keys(google_pubsub_topic.queue) && keys(google_pubsub_topic_iam_member.dead) == keys(google_pubsub_topic.queue)
    error_message = "Each queue has a place for what is given up, with the grant."
  }
  assert {
    condition     = google_pubsub_topic.queue["changes"].message_retention_duration == "604800s"
    error_message = "Changes can be replayed for a week."
  }
  assert {
    condition     = google_pubsub_topic_iam_member.gmail[0].member == "serviceAccount:gmail-api-push@system.gserviceaccount.com"
    error_message = "Gmail may publish."
  }
  assert {
    condition     = google_firestore_database.this[0].delete_protection_state == "DELETE_PROTECTION_ENABLED" && google_firestore_database.this[0].deletion_policy == "ABANDON"
    error_message = "The state survives a mistake."
  }
  assert {
    condition     = jsondecode(google_firestore_document.watch["mail"].fields).managed_by.stringValue == "terraform" && keys(google_firestore_document.watch) == ["ana-drive", "mail"]
    error_message = "Each watch is a document."
  }
  assert {
    condition     = keys(google_secret_manager_secret.forward) == ["forward-key"] && google_secret_manager_secret_iam_member.forward["forward-key"].role == "roles/secretmanager.secretAccessor"
    error_message = "A handler's secret is made, for handle to read."
  }
  assert {
    condition     = keys(google_monitoring_alert_policy.this) == ["dead", "ending", "errors", "limits", "parked", "silent", "uncovered"] && alltrue([for alert in google_monitoring_alert_policy.this : alert.conditions[0].condition_prometheus_query_language[0].disable_metric_validation && length(alert.notification_channels) == 1])
    error_message = "Alerts are made before their metrics are known, and tell somebody."
  }
  assert {
    condition     = time_sleep.grants.create_duration == "60s"
    error_message = "Grants get their time."
  }
}
