terraform {
  # 1.11 has write-only arguments: the first signing key is in no state and no plan.
  required_version = ">= 1.11"

  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }
    google = {
      source  = "hashicorp/google"
      version = ">= 7.43, < 9"
    }
    google-beta = {
      source  = "hashicorp/google-beta"
      version = ">= 7.43, < 9"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.12"
    }
  }

  # Where the state is kept is said at `terraform init -backend-config="bucket=..."`.
  backend "gcs" {
    prefix = "watchkeeper"
  }
}

provider "google" {
  project        = var.project_id
  region         = var.region
  default_labels = merge({ app = "watchkeeper" }, var.labels)
}

provider "google-beta" {
  project = var.project_id
  region  = var.region
}
