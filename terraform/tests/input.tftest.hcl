# Bad input is refused when a plan is made, by the name of its variable.

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

run "everything_wrong" {
  command = plan
  variables {
    project_id           = "My Project"
    region               = "europe-north1" # no Cloud Scheduler there
    receiver_url         = "http://hooks.example.com"
    public_access        = "everybody"
    receive              = { min_instances = 30 }
    forward_secrets      = ["signing-keys"]
    database             = { name = "x" }
    download_bucket      = "Downloads"
    notification_channel = "somebody"
    silent_minutes       = 1
    watches              = [{ id = "a", source = "drive.change", colour = "red", poll = "5 minutes" }]
  }
  expect_failures = [
    var.project_id, var.scheduler_region, var.receiver_url, var.public_access, var.receive, var.forward_secrets,
    var.database, var.download_bucket, var.notification_channel, var.silent_minutes, var.watches,
  ]
}

run "missing_parameter" {
  command = plan
  variables {
    watches = [{ id = "a", source = "drive.files" }]
  }
  expect_failures = [terraform_data.watches]
}
