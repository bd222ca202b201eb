locals {
  # What an administrator authorises: for the declared sources, or with none declared here for all.
  scopes = sort(distinct(concat(
    flatten([for name in length(var.watches) == 0 ? keys(local.rules.sources) : [for watch in var.watches : watch.source] : local.rules.sources[name].scopes]),
    [for scope in local.rules.scopes.domain : scope if anytrue([for watch in var.watches : try(startswith(watch.subject, "*@"), false)])],
    [for scope in local.rules.scopes.download : scope if anytrue([for handler in local.handlers : handler.kind == "download"])],
  )))
}

output "webhook_url" {
  description = "The address that is given to Google with every channel."
  value       = local.address
}

output "workspace" {
  description = "The account that Google Workspace is called as: share files with `email`, or have an administrator authorise `client_id` for `scopes` at https://admin.google.com/ac/owl/domainwidedelegation."
  value = {
    email     = google_service_account.workspace.email
    client_id = google_service_account.workspace.unique_id
    scopes    = join(",", local.scopes)
  }
}

output "topics" {
  description = "The topics by what is published on them; subscribe to `changes`."
  value       = local.topics
}

output "database" {
  description = "The Firestore database with the state of all watches."
  value       = local.database
}

output "dashboard" {
  description = "Where to look how everything does."
  value       = "https://console.cloud.google.com/monitoring/dashboards/builder/${element(split("/", google_monitoring_dashboard.this.id), 3)}?project=${var.project_id}"
}

output "commands" {
  description = "Commands to look at the system."
  value = merge(
    {
      status     = "python main.py status --project ${var.project_id} --database '${var.database.name}'"
      doctor     = "python main.py doctor --project ${var.project_id} --database '${var.database.name}' --workspace ${google_service_account.workspace.email} --address ${local.address}"
      changes    = "gcloud pubsub subscriptions create look --topic=changes --project=${var.project_id} && gcloud pubsub subscriptions pull look --auto-ack --limit=10 --project=${var.project_id}"
      logs       = "gcloud logging read 'resource.type=\"cloud_run_revision\" AND resource.labels.service_name=~\"^${local.name}-\"' --freshness=1h --limit=50 --project=${var.project_id}"
      dead       = "gcloud pubsub subscriptions pull changes-dead --limit=10 --project=${var.project_id}"
      tick_now   = "gcloud scheduler jobs run ${google_cloud_scheduler_job.renew.name} --location=${google_cloud_scheduler_job.renew.region} --project=${var.project_id}"
      forwarding = "printf 'whsec_%s' \"$(openssl rand -base64 32)\" | gcloud secrets versions add NAME --data-file=- --project=${var.project_id}"
    },
    var.public_access == "none" ? {
      open_receive = "gcloud run services update ${local.service} --no-invoker-iam-check --region=${var.region} --project=${var.project_id}"
    } : {},
  )
}
