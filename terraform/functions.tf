# The four functions. `concurrency` times `instances` is what is served at once: a request more waits for a place for
# some seconds, and is then answered 429, which Google's sender takes for "delivered". `receive` serves 40 x 20 = 800 at
# once; at 50 ms each that is 16,000 notifications a second.

locals {
  functions = {
    for name, function in {
      receive = {
        concurrency = var.receive.concurrency
        instances   = var.receive.max_instances
        least       = var.receive.min_instances
        timeout     = 60
        settings    = ["NOTIFICATIONS", "KEYS"]
      }
      renew = { # a tick works for 45 s; two may overlap
        concurrency = 1
        instances   = 2
        least       = 0
        timeout     = 110
        settings    = ["ADDRESS", "DATABASE", "NOTIFICATIONS", "KEYS", "WORKSPACE", "GMAIL"]
      }
      sync = {
        concurrency = 8
        instances   = 25
        least       = 0
        timeout     = 540
        settings    = ["ADDRESS", "DATABASE", "NOTIFICATIONS", "CHANGES", "WORKSPACE", "GMAIL"]
      }
      handle = {
        concurrency = 8
        instances   = 25
        least       = 0
        timeout     = 540
        settings    = ["ADDRESS", "DATABASE", "WORKSPACE"]
      }
    } : name => function if contains(local.runtimes, name)
  }

  # Both this address and the hashed one lead to the service; this one is known before the function is there.
  # https://docs.cloud.google.com/run/docs/triggering/https-request#deterministic
  service = "${local.name}-receive"
  host    = "${local.service}-${local.project_number}.${var.region}.run.app"
  address = coalesce(var.receiver_url, "https://${local.host}")

  keys_folder = "/secrets/signing"
  settings = {
    ADDRESS       = local.address
    CHANGES       = local.topics["changes"]
    DATABASE      = var.database.name
    GMAIL         = lookup(local.topics, "gmail", "")
    KEYS          = "${local.keys_folder}/${google_secret_manager_secret.signing_keys.secret_id}"
    NOTIFICATIONS = local.topics["notifications"]
    PROJECT       = var.project_id                        # also what log lines name their traces by
    PUBSUB        = "${var.region}-pubsub.googleapis.com" # order holds within one region
    WORKSPACE     = google_service_account.workspace.email
  }
}

resource "google_cloudfunctions2_function" "this" {
  for_each    = local.functions
  name        = "${local.name}-${each.key}"
  location    = var.region
  description = "Watchkeeper: ${each.key}"

  build_config {
    runtime           = "python313"
    entry_point       = each.key
    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.images.id
    automatic_update_policy {}

    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.source.name
      }
    }
  }

  service_config {
    available_cpu                    = "1" # with less, one instance serves one request at a time
    available_memory                 = "512Mi"
    max_instance_request_concurrency = each.value.concurrency
    max_instance_count               = each.value.instances
    min_instance_count               = each.value.least
    timeout_seconds                  = each.value.timeout
    ingress_settings                 = each.key == "receive" ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY"
    service_account_email            = google_service_account.runtime[each.key].email
    all_traffic_on_latest_revision   = true

    environment_variables = merge(
      {
        LOG_EXECUTION_ID = "true"
        # functions-framework serves so many at once, whatever the platform's concurrency says.
        THREADS = tostring(each.value.concurrency)
      },
      {
        for setting in concat(["PROJECT", "PUBSUB"], each.value.settings) :
        "WATCHKEEPER_${setting}" => local.settings[setting] if local.settings[setting] != ""
      },
    )

    dynamic "secret_volumes" {
      for_each = contains(local.readers, each.key) ? [google_secret_manager_secret.signing_keys.secret_id] : []
      content {
        mount_path = local.keys_folder
        project_id = local.project_number
        secret     = secret_volumes.value
        versions {
          version = "latest" # read anew at each access: a rotation needs no deployment
          path    = secret_volumes.value
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = length(split(".", local.host)[0]) <= 63
      error_message = "project_number: ${local.host} is too long a name to be the address of a service."
    }
  }

  depends_on = [
    google_project_service.this,
    google_secret_manager_secret_version.signing_keys,
    time_sleep.grants,
  ]
}

# The right to call is on the Cloud Run service, and is lost when the function is replaced.
resource "google_cloud_run_v2_service_iam_member" "public" {
  count    = var.public_access == "iam" ? 1 : 0
  name     = google_cloudfunctions2_function.this["receive"].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.this["receive"].id]
  }
}

resource "google_cloud_run_v2_service_iam_member" "caller" {
  for_each = { for name, caller in { renew = "scheduler", sync = "push", handle = "push" } : name => caller if contains(local.runtimes, name) }
  name     = google_cloudfunctions2_function.this[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.caller[each.value].member

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.this[each.key].id]
  }
}
