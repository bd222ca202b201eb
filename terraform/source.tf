# What is deployed: one archive for all functions, of an allow-list, named by its content.

locals {
  root = "${path.module}/.."
  deployed = sort(setsubtract(
    setunion(
      fileset(local.root, "main.py"),
      fileset(local.root, "requirements.txt"),
      fileset(local.root, "functions/**/*.py"),
      fileset(local.root, "infra/**/*.py"),
    ),
    setunion( # what only one machine needs
      fileset(local.root, "infra/cli.py"),
      fileset(local.root, "infra/local/**"),
      fileset(local.root, "infra/machine/**"),
    ),
  ))
}

data "archive_file" "source" {
  type             = "zip"
  output_path      = "${path.module}/.terraform/watchkeeper.zip"
  output_file_mode = "0644" # the same archive wherever it is made

  dynamic "source" {
    for_each = local.deployed
    content {
      filename = source.value
      content  = file("${local.root}/${source.value}")
    }
  }
}

resource "google_storage_bucket" "source" {
  name                        = "${var.project_id}-${local.name}-source"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # what is in it can be made again
  depends_on                  = [google_project_service.this]

  versioning {
    enabled = true
  }

  lifecycle_rule {
    condition {
      num_newer_versions = 3
    }
    action {
      type = "Delete"
    }
  }
}

# A new name is what makes the functions deploy anew.
resource "google_storage_bucket_object" "source" {
  name   = "source-${data.archive_file.source.output_sha256}.zip"
  bucket = google_storage_bucket.source.name
  source = data.archive_file.source.output_path
}

# Each change of a function stores an image: these are kept to a few, unlike those of `gcf-artifacts`.
resource "google_artifact_registry_repository" "images" {
  repository_id = local.name
  location      = var.region
  format        = "DOCKER"
  description   = "Images of Watchkeeper's functions"
  depends_on    = [google_project_service.this]

  cleanup_policies {
    id     = "keep-three"
    action = "KEEP"
    most_recent_versions {
      keep_count = 3
    }
  }

  cleanup_policies {
    id     = "delete-older"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "604800s"
    }
  }
}
