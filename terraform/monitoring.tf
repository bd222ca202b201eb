# Metrics from the lines that the functions log, a dashboard, and alerts.

locals {
  # message of a line, and for numbers the field that has it. `label` becomes the metric's only label: never a watch.
  metrics = {
    notifications = { component = "receive", messages = ["queued", "refused", "not queued"], label = "message" }
    ticks         = { component = "renew", messages = ["tick"], label = null }
    channels      = { component = "renew", messages = ["channel opened", "channel not opened", "channel stopped", "channel not stopped"], label = "message" }
    pulls         = { component = "sync", messages = ["pulled", "items read", "pull continues", "pull failed"], label = "message" }
    troubles      = { component = "sync", messages = ["notice told"], label = "kind" }
    unreadable    = { component = "sync", messages = ["entry unreadable"], label = null }
    handled       = { component = "handle", messages = ["handler done", "handler skipped", "handler failed", "handler dead"], label = "message" }
    dropped       = { component = "sync", messages = ["job dropped"], label = null }
  }
  numbers = {
    changes     = { component = "sync", message = "changes told", field = "told", unit = "1" }
    lag_seconds = { component = "sync", message = "changes told", field = "lag_seconds", unit = "s" }
    watches     = { component = "renew", message = "standing", field = "watches", unit = "1" }
    uncovered   = { component = "renew", message = "standing", field = "uncovered", unit = "1" }
    ending      = { component = "renew", message = "standing", field = "ending", unit = "1" }
    parked      = { component = "renew", message = "standing", field = "parked", unit = "1" }
  }
}

resource "google_logging_metric" "count" {
  for_each    = local.metrics
  name        = "${local.name}/${each.key}"
  description = "Lines of ${each.value.component}: ${join(", ", each.value.messages)}"
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${local.name}-${each.value.component}\" AND jsonPayload.component=\"${each.value.component}\" AND jsonPayload.message=(${join(" OR ", [for message in each.value.messages : "\"${message}\""])})"
  depends_on  = [google_project_service.this]

  label_extractors = each.value.label == null ? {} : { (each.value.label) = "EXTRACT(jsonPayload.${each.value.label})" }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"

    dynamic "labels" {
      for_each = each.value.label == null ? [] : [each.value.label]
      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }
}

resource "google_logging_metric" "number" {
  for_each        = local.numbers
  name            = "${local.name}/${each.key}"
  description     = "${each.value.field} of the line \"${each.value.message}\" of ${each.value.component}"
  filter          = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${local.name}-${each.value.component}\" AND jsonPayload.component=\"${each.value.component}\" AND jsonPayload.message=\"${each.value.message}\""
  value_extractor = "EXTRACT(jsonPayload.${each.value.field})"
  depends_on      = [google_project_service.this]

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = each.value.unit
  }

  bucket_options {
    exponential_buckets {
      num_finite_buckets = 40
      growth_factor      = 1.6
      scale              = 0.05
    }
  }
}

# Requests without a valid token are answered and counted, but the platform's line about each is not worth keeping.
resource "google_logging_project_exclusion" "unverified" {
  name        = "${local.name}-unverified"
  description = "Requests to receive that were answered 401"
  filter      = "log_id(\"run.googleapis.com/requests\") AND resource.labels.service_name=\"${local.service}\" AND httpRequest.status=401"
  depends_on  = [google_project_service.this]
}

locals {
  # A log-based metric as PromQL names it. https://docs.cloud.google.com/monitoring/promql/promql-mapping
  series = merge(
    { for name, metric in google_logging_metric.count : name => "logging_googleapis_com:user_${replace(metric.name, "/[^A-Za-z0-9_]/", "_")}" },
    { for name, metric in google_logging_metric.number : name => "logging_googleapis_com:user_${replace(metric.name, "/[^A-Za-z0-9_]/", "_")}" },
  )
  on_run = "monitored_resource=\"cloud_run_revision\""

  # `standing` is logged every 15 minutes: one of it that is bad keeps a condition true for 20, two in a row for 35.
  standing_window = "20m"
  standing_held   = "1500s"

  alerts = {
    uncovered = {
      title = "a watch has no channel"
      query = "sum(increase(${local.series.uncovered}_sum{${local.on_run}}[${local.standing_window}])) > 0"
      held  = local.standing_held
      text  = "Some watch wants a channel and has none that covers, for 15 minutes or more. Changes are still found by the poll, only later. See the lines \"channel not opened\" of renew, and \"refused\" of receive: can Google reach the address?"
    }
    ending = {
      title = "the last channel of a watch is about to end"
      query = "sum(increase(${local.series.ending}_sum{${local.on_run}}[${local.standing_window}])) > 0"
      held  = local.standing_held
      text  = "Channels are replaced at half their life; one that has nearly run out was not. See the lines \"channel not opened\" of renew."
    }
    parked = {
      title = "a watch is parked"
      query = "sum(increase(${local.series.parked}_sum{${local.on_run}}[${local.standing_window}])) > 0"
      held  = local.standing_held
      text  = "Nothing is delivered of a parked watch: access was revoked, what it watches is gone, or its declaration is wrong. The event watchkeeper.watch.parked on the topic `changes` and the line \"pull failed\" of sync say which and why."
    }
    silent = {
      title = "renew has not succeeded for ${var.silent_minutes} minutes"
      query = "absent_over_time(${local.series.ticks}{${local.on_run}}[${var.silent_minutes}m])" # condition_absent never fires for a series that never was
      held  = "0s"
      text  = "Without renew no channel is renewed and no poll happens. See the function's lines (\"tick failed\") and the job in Cloud Scheduler."
    }
    dead = {
      title = "messages were given up"
      query = "max by (subscription_id) (max_over_time(pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\",subscription_id=~\"(${join("|", keys(local.queues))})-dead\"}[5m])) > 0 or sum by (message) (increase(${local.series.handled}{${local.on_run},message=\"handler dead\"}[10m])) > 0"
      held  = "0s"
      text  = "A message was tried to the end. What a handler gave up: main.py dead-letters list. Of the subscriptions NAME-dead, one of notifications is only a later pull; look with: gcloud pubsub subscriptions pull NAME-dead --limit=10"
    }
    errors = {
      title = "a function fails often"
      query = "sum by (service_name) (rate(run_googleapis_com:request_count{${local.on_run},service_name=~\"${local.name}-.*\",response_code_class=\"5xx\"}[10m])) / sum by (service_name) (rate(run_googleapis_com:request_count{${local.on_run},service_name=~\"${local.name}-.*\"}[10m])) > 0.05"
      held  = "600s"
      text  = "More than one request in twenty was answered with 5xx. Of receive, Google repeats those; of sync and handle, Pub/Sub does, and slows down."
    }
    limits = {
      title = "a function answers 429"
      query = "sum by (service_name) (increase(run_googleapis_com:request_count{${local.on_run},service_name=~\"${local.name}-.*\",response_code=\"429\"}[10m])) > 0"
      held  = "0s"
      text  = "All instances were busy. To receive that is a lost notification, which the poll makes up for: raise receive.max_instances."
    }
  }

  channel_is_name = startswith(coalesce(var.notification_channel, "-"), "projects/")
  told = var.notification_channel == null ? [] : (
    local.channel_is_name ? [var.notification_channel] : google_monitoring_notification_channel.email[*].name
  )
}

resource "google_monitoring_notification_channel" "email" {
  count        = var.alerts && var.notification_channel != null && !local.channel_is_name ? 1 : 0
  display_name = "Watchkeeper"
  type         = "email"
  labels       = { email_address = var.notification_channel }
  depends_on   = [google_project_service.this]
}

resource "google_monitoring_alert_policy" "this" {
  for_each              = { for name, alert in local.alerts : name => alert if var.alerts }
  display_name          = "Watchkeeper: ${each.value.title}"
  combiner              = "OR"
  notification_channels = local.told
  depends_on            = [google_project_service.this]

  conditions {
    display_name = each.value.title

    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = each.value.held
      evaluation_interval       = "60s"
      disable_metric_validation = true # a metric that was just made is unknown for up to ten minutes
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = each.value.text
  }

  alert_strategy {
    auto_close = "86400s"
  }
}

resource "google_monitoring_dashboard" "this" {
  dashboard_json = templatefile("${path.module}/dashboard.json.tftpl", {
    charts = {
      "Watches without a channel"          = "sum(rate(${local.series.uncovered}_sum{${local.on_run}}[${local.standing_window}])) / sum(rate(${local.series.uncovered}_count{${local.on_run}}[${local.standing_window}]))"
      "Watches parked"                     = "sum(rate(${local.series.parked}_sum{${local.on_run}}[${local.standing_window}])) / sum(rate(${local.series.parked}_count{${local.on_run}}[${local.standing_window}]))"
      "Watches declared"                   = "sum(rate(${local.series.watches}_sum{${local.on_run}}[${local.standing_window}])) / sum(rate(${local.series.watches}_count{${local.on_run}}[${local.standing_window}]))"
      "Channels opened and stopped"        = "sum by (message) (increase(${local.series.channels}{${local.on_run}}[5m]))"
      "Notifications by outcome"           = "sum by (message) (increase(${local.series.notifications}{${local.on_run}}[5m]))"
      "Seconds from change to event (p95)" = "histogram_quantile(0.95, sum by (le) (rate(${local.series.lag_seconds}_bucket{${local.on_run}}[5m])))"
      "Changes told"                       = "sum(increase(${local.series.changes}_sum{${local.on_run}}[5m]))"
      "Pulls"                              = "sum by (message) (increase(${local.series.pulls}{${local.on_run}}[5m]))"
      "Changes handled"                    = "sum by (message) (increase(${local.series.handled}{${local.on_run}}[5m]))"
      "Troubles told"                      = "sum by (kind) (increase(${local.series.troubles}{${local.on_run}}[1h]))"
      "Entries unreadable, jobs dropped"   = "sum(increase(${local.series.unreadable}{${local.on_run}}[1h])) + sum(increase(${local.series.dropped}{${local.on_run}}[1h]))"
      "Dead letters"                       = "max by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\",subscription_id=~\".*-dead\"})"
      "Answers of functions"               = "sum by (service_name, response_code) (rate(run_googleapis_com:request_count{${local.on_run},service_name=~\"${local.name}-.*\"}[5m]))"
    }
  })
  depends_on = [google_project_service.this]
}
