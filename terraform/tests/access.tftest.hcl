# Who may call what, as whom, and what is in no state.

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

run "by_default" {
  command = plan
  assert {
    condition     = google_cloud_run_v2_service_iam_member.public[0].name == "watchkeeper-receive" && google_cloud_run_v2_service_iam_member.public[0].member == "allUsers"
    error_message = "Google's sender may call receive."
  }
  assert {
    condition     = alltrue([for grant in google_cloud_run_v2_service_iam_member.caller : !startswith(grant.member, "all")])
    error_message = "Nobody but the callers' accounts may call the other functions."
  }
  assert {
    condition     = { for name, function in google_cloudfunctions2_function.this : name => function.service_config[0].ingress_settings } == { receive = "ALLOW_ALL", renew = "ALLOW_INTERNAL_ONLY", sync = "ALLOW_INTERNAL_ONLY", handle = "ALLOW_INTERNAL_ONLY" }
    error_message = "Only receive is reached from outside."
  }
  assert {
    condition     = keys(google_cloud_run_v2_service_iam_member.caller) == ["handle", "renew", "sync"]
    error_message = "Each private function has a caller."
  }
  assert {
    condition     = google_secret_manager_secret_version.signing_keys.secret_data == null && google_secret_manager_secret_version.signing_keys.deletion_policy == "ABANDON"
    error_message = "The first signing key is written and forgotten."
  }
  assert {
    condition     = keys(google_service_account_iam_member.workspace) == ["handle", "renew", "sync"] && alltrue([for grant in google_service_account_iam_member.workspace : grant.role == "roles/iam.serviceAccountTokenCreator"])
    error_message = "Only who calls Google signs in the name of workspace."
  }
  assert {
    condition     = alltrue([for grant in google_project_iam_member.consents : one(grant.condition).expression == "resource.name.startsWith(\"projects/123456789012/secrets/oauth-\")"])
    error_message = "OAuth tokens are read by a condition, which knows projects by their number."
  }
  assert {
    condition     = alltrue([for grant in google_project_iam_member.store : strcontains(one(grant.condition).expression, "projects/demo-project/databases/(default)")])
    error_message = "The right to the store is for one database."
  }
  assert {
    condition     = output.webhook_url == "https://watchkeeper-receive-123456789012.europe-west1.run.app"
    error_message = "The receiver's address is known without a second apply."
  }
  assert {
    condition     = length(google_storage_bucket.downloads) + length(google_bigquery_dataset.audit) + length(google_pubsub_topic_iam_member.gmail) == 0
    error_message = "What is optional is not there."
  }
}

run "where_all_users_are_forbidden" {
  command = plan
  variables {
    public_access = "none"
    receiver_url  = "https://hooks.example.com/receive"
    handlers      = false
    alerts        = false
  }
  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.public) == 0
    error_message = "No grant is made that the organisation would refuse."
  }
  assert {
    condition     = strcontains(output.commands.open_receive, "--no-invoker-iam-check")
    error_message = "The command that opens receive is told."
  }
  assert {
    condition     = output.webhook_url == "https://hooks.example.com/receive" && google_cloudfunctions2_function.this["renew"].service_config[0].environment_variables["WATCHKEEPER_ADDRESS"] == "https://hooks.example.com/receive"
    error_message = "An address of one's own is given to Google."
  }
  assert {
    condition     = keys(google_cloudfunctions2_function.this) == ["receive", "renew", "sync"] && keys(google_pubsub_subscription.push) == ["notifications"]
    error_message = "Without handlers, changes wait for subscribers of one's own."
  }
  assert {
    condition     = length(google_monitoring_alert_policy.this) == 0 && length(google_logging_metric.count) > 0
    error_message = "Alerts have a switch; metrics stay."
  }
}
