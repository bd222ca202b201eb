# What Google would make up: identifiers in the forms that other resources take.

mock_resource "google_service_account" {
  defaults = {
    id        = "projects/demo-project/serviceAccounts/someone@demo-project.iam.gserviceaccount.com"
    name      = "projects/demo-project/serviceAccounts/someone@demo-project.iam.gserviceaccount.com"
    email     = "someone@demo-project.iam.gserviceaccount.com"
    member    = "serviceAccount:someone@demo-project.iam.gserviceaccount.com"
    unique_id = "100000000000000000001"
  }
}

mock_resource "google_cloudfunctions2_function" {
  defaults = {
    service_config = { uri = "https://watchkeeper-0000000000-ew.a.run.app" }
  }
}

mock_resource "google_monitoring_dashboard" {
  defaults = {
    id = "projects/123456789012/dashboards/00000000"
  }
}

mock_resource "google_project_service_identity" {
  defaults = {
    email = "service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
  }
}

mock_data "google_project" {
  defaults = {
    number = "123456789012"
  }
}
