# What is wrong with the declared watches, fault by fault, in the words of the command line. The rules are those of the
# code that reads declarations, which writes them to watches.json (`make terraform-schema`).

locals {
  rules = jsondecode(file("${path.module}/watches.json"))
  keys  = sort(concat(keys(local.rules.watch), local.rules.nested))
  # The type of a value, by the first character of its JSON.
  types = { "\"" = "string", "[" = "array", "{" = "object", "t" = "boolean", "f" = "boolean", "n" = "null" }

  # A handler is an object of one key: its kind, and the handler's options.
  handlers = flatten([
    for watch in var.watches : [
      for number, handler in try([for each in watch.handle : each], []) : {
        watch   = watch.id
        number  = number
        path    = "${watch.id}.handle[${number}]"
        kind    = try(coalesce(one(keys(handler))), "")
        options = try(one(values(handler)), null)
      }
    ]
  ])

  # Every value with a rule: in which watch, below what, what it is and may be. No rule means: there is no such key.
  values = [for each in flatten([
    [for watch in var.watches : [for key, value in watch : {
      watch = watch.id, below = watch.id, key = key, value = value
      rule  = local.rules.watch[key]
    } if contains(keys(local.rules.watch), key)]],
    [for watch in var.watches : [for key, value in try(watch.params, {}) : {
      watch = watch.id, below = "${watch.id}.params", key = key, value = value
      rule  = try(local.rules.sources[watch.source].params[key], null)
    }] if can(keys(watch.params))],
    [for handler in local.handlers : [for key, value in handler.options : {
      watch = handler.watch, below = "${handler.path}.${handler.kind}", key = key, value = value
      rule  = try(local.rules.handlers[handler.kind].keys[key], null)
    }] if can(keys(handler.options))],
    [for handler in local.handlers : {
      watch = handler.watch, below = handler.path, key = handler.kind, value = handler.options
      rule  = local.rules.handlers[handler.kind].value
    } if try(local.rules.handlers[handler.kind].value, null) != null],
  ]) : merge(each, { type = lookup(local.types, substr(jsonencode(each.value), 0, 1), "number") }) if each.value != null]

  value_faults = [for each in local.values : "${each.below}.${each.key}: ${(
    each.rule == null ? "unknown key" :
    !contains(each.rule.types, each.type == "number" && try(floor(each.value) == each.value, false) ? "integer" : each.type) ? "is not a ${join(" or ", each.rule.types)}" :
    each.type == "array" && !try(length(each.value) >= each.rule.fewest && alltrue([
      for text in each.value : startswith(jsonencode(text), "\"") && length(text) >= each.rule.least && length(text) <= coalesce(each.rule.most, 2048)
    ]), false) ? "is not a list of texts" :
    each.type == "number" && try(each.value < each.rule.minimum, false) ? "is less than ${coalesce(each.rule.minimum, 0)}" :
    each.type != "string" ? "" :
    length(each.value) < each.rule.least || length(each.value) > coalesce(each.rule.most, 2048) ? "is empty or too long" :
    each.rule.enum != null && !try(contains(each.rule.enum, each.value), false) ? "is not one of: ${try(join(", ", each.rule.enum), "")}" :
    each.rule.pattern != null && !can(regex(each.rule.pattern, each.value)) ? "${jsonencode(each.value)} is not like ${coalesce(each.rule.pattern, "-")}" : ""
  )}"]

  lengths = [for each in local.values : {
    path    = "${each.below}.${each.key}"
    least   = each.key == "poll" ? local.rules.durations.shortest_poll : 0.000001
    seconds = try(sum([for part in regexall("([0-9]+(?:\\.[0-9]+)?)(ms|[smhdw])", each.value) : tonumber(part[0]) * local.rules.durations.units[part[1]]]), 0)
  } if each.below == each.watch && contains(["poll", "ttl"], each.key)]

  watch_faults = concat(
    [for fault in local.value_faults : fault if !endswith(fault, ": ")],
    [for each in local.lengths : "${each.path}: is too short or too long: a poll has at least 1m, and nothing has more than 3650d" if each.seconds < each.least || each.seconds > local.rules.durations.longest],
    flatten([for watch in var.watches : [
      [for key in local.rules.sources[watch.source].required : "${watch.id}.params.${key}: is missing" if try(watch.params[key], null) == null],
      [for key in local.rules.sources[watch.source].one_of : "${watch.id}.params.${key}: cannot be given beside ${try(local.rules.sources[watch.source].one_of[0], "")}: one or the other" if try(key != local.rules.sources[watch.source].one_of[0] && watch.params[key] != null && watch.params[local.rules.sources[watch.source].one_of[0]] != null, false)],
      [for key in ["subject"] : "${watch.id}.${key}: is missing: ${watch.source} is read as a user" if local.rules.sources[watch.source].needs_subject && try(watch.subject, null) == null],
      [for key in ["admin"] : "${watch.id}.${key}: is missing: who may read the domain's directory" if try(startswith(watch.subject, "*@"), false) && try(watch.admin, null) == null],
      [for key in ["params"] : "${watch.id}.${key}: is not a map of keys and values" if try(watch.params, null) != null && !can(keys(watch.params))],
      [for key in ["handle"] : "${watch.id}.${key}: is not a list" if try(watch.handle, null) != null && !try(startswith(jsonencode(watch.handle), "["), false)],
    ]]),
    [for handler in local.handlers : "${handler.path}: is not an object of one key, of: ${join(", ", keys(local.rules.handlers))}" if !contains(keys(local.rules.handlers), handler.kind)],
    flatten([for handler in local.handlers : [
      [for key in local.rules.handlers[handler.kind].required : "${handler.path}.${handler.kind}.${key}: is missing" if try(handler.options[key], null) == null],
      [for kind in [handler.kind] : "${handler.path}.${kind}: is not a map of keys and values" if local.rules.handlers[kind].value == null && !can(keys(handler.options))],
    ] if contains(keys(local.rules.handlers), handler.kind)]),
  )
}

# A variable's own validation may not look at what is made of it: the tables above.
resource "terraform_data" "watches" {
  input = sha256(jsonencode(var.watches))

  lifecycle {
    precondition {
      condition     = length(local.watch_faults) == 0
      error_message = "watches:\n${join("\n", local.watch_faults)}"
    }
  }
}
