# The clock: `renew` once a minute. The next call begins only when one has ended.

resource "google_cloud_scheduler_job" "renew" {
  name             = "${local.name}-renew"
  description      = "Opens, renews and stops channels, and queues pulls that are due"
  region           = coalesce(var.scheduler_region, var.region)
  schedule         = "* * * * *"
  time_zone        = "Etc/UTC"
  attempt_deadline = "120s" # longer than the function's timeout

  retry_config {
    retry_count          = 1
    min_backoff_duration = "5s"
  }

  http_target {
    http_method = "POST"
    uri         = google_cloudfunctions2_function.this["renew"].service_config[0].uri

    oidc_token {
      service_account_email = google_service_account.caller["scheduler"].email
      audience              = google_cloudfunctions2_function.this["renew"].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.caller]
}
