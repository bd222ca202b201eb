# The declared watches as documents, which the functions read; Firestore wants the type of each value beside it.

locals {
  # What is absent is left out, and whole numbers are texts: else a plan would find a difference each time.
  encoded = [for each in local.values : merge(each, { typed = jsondecode(
    each.type == "array" ? try(jsonencode({ arrayValue = { values = [for text in each.value : { stringValue = text }] } }), "{}") :
    each.type == "object" ? try(jsonencode({ mapValue = { fields = { for key, text in each.value : key => { stringValue = text } } } }), "{}") :
    each.type == "number" ? jsonencode({ integerValue = try(tostring(each.value), "") }) :
    jsonencode({ "${each.type}Value" = each.value })
  ) }) if !contains(["[]", "{}"], jsonencode(each.value))]

  documents = { for watch in var.watches : watch.id => merge(
    { for each in local.encoded : each.key => each.typed if each.below == watch.id },
    { for key in ["params"] : key => { mapValue = { fields = {
      for each in local.encoded : each.key => each.typed if each.below == "${watch.id}.params"
    } } } if length([for each in local.encoded : 0 if each.below == "${watch.id}.params"]) > 0 },
    { for key in ["handle"] : key => { arrayValue = { values = [
      for handler in local.handlers : { mapValue = { fields = merge(
        { for each in local.encoded : each.key => each.typed if each.below == handler.path },
        { for kind in [handler.kind] : kind => { mapValue = { fields = {
          for each in local.encoded : each.key => each.typed if each.below == "${handler.path}.${kind}"
        } } } if can(keys(handler.options)) },
      ) } } if handler.watch == watch.id
    ] } } if length([for handler in local.handlers : 0 if handler.watch == watch.id]) > 0 },
    { managed_by = { stringValue = "terraform" } },
  ) }
}

resource "google_firestore_document" "watch" {
  for_each    = local.documents
  database    = local.database
  collection  = "watches"
  document_id = each.key
  fields      = jsonencode(each.value)

  lifecycle {
    replace_triggered_by = [terraform_data.database]
  }

  depends_on = [terraform_data.watches]
}

# Written after them: `renew` compares everything when it sees another revision.
resource "google_firestore_document" "declared" {
  database    = local.database
  collection  = "control"
  document_id = "declared"
  fields      = jsonencode({ revision = { stringValue = terraform_data.watches.output } })

  lifecycle {
    replace_triggered_by = [terraform_data.database]
  }

  depends_on = [google_firestore_document.watch]
}

resource "terraform_data" "database" {
  input = var.database.create ? google_firestore_database.this[0].id : google_firestore_database.existing[var.database.name].id
}
