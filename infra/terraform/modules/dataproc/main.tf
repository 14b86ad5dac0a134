# Spark beside the platform, for people: notebooks, and questions in SQL on the lake. It reads the lake and no more; the
# product's own batch jobs are pods (docs/decisions/spark-for-people-on-dataproc.md).

locals {
  workers = { for name, cluster in var.clusters : name => cluster.workers if cluster.workers != null }
  results = "gs://${var.bucket}/results"
}

# What roles/dataproc.worker grants, without its access to every bucket of the project.
resource "google_project_iam_custom_role" "machine" {
  project     = var.project_id
  role_id     = replace("${var.name}_dataproc_machine", "-", "_")
  title       = "${var.name}: a machine of Dataproc"
  description = "Takes tasks, tells how they went, writes logs and metrics."
  permissions = [
    "dataproc.agents.create",
    "dataproc.agents.delete",
    "dataproc.agents.get",
    "dataproc.agents.list",
    "dataproc.agents.update",
    "dataproc.tasks.lease",
    "dataproc.tasks.listInvalidatedLeases",
    "dataproc.tasks.reportStatus",
    "dataprocrm.nodes.get",
    "dataprocrm.nodes.heartbeat",
    "dataprocrm.nodes.list",
    "dataprocrm.nodes.mintOAuthToken",
    "dataprocrm.nodes.update",
    "logging.logEntries.create",
    "monitoring.metricDescriptors.create",
    "monitoring.metricDescriptors.get",
    "monitoring.metricDescriptors.list",
    "monitoring.timeSeries.create",
  ]
}

resource "google_project_iam_member" "machine" {
  project = var.project_id
  role    = google_project_iam_custom_role.machine.name
  member  = var.service_account.member
}

resource "google_storage_bucket_object" "install" {
  bucket  = var.bucket
  name    = "gridpulse/install-${substr(filesha256("${path.module}/install.sh"), 0, 12)}.sh"
  content = file("${path.module}/install.sh")
}

resource "google_dataproc_autoscaling_policy" "this" {
  for_each = local.workers

  project   = var.project_id
  location  = var.region
  policy_id = "${var.name}-${each.key}"

  worker_config {
    min_instances = each.value.min
    max_instances = each.value.max
  }

  secondary_worker_config {
    min_instances = 0
    max_instances = each.value.secondary_max
  }

  basic_algorithm {
    cooldown_period = "120s"

    yarn_config {
      scale_up_factor               = 0.5
      scale_down_factor             = 0.5
      graceful_decommission_timeout = "600s"
    }
  }
}

resource "google_dataproc_cluster" "this" {
  for_each = var.clusters

  project                       = var.project_id
  region                        = var.region
  name                          = "${var.name}-${each.key}"
  labels                        = var.labels
  graceful_decommission_timeout = "600s"

  cluster_config {
    staging_bucket = var.bucket
    temp_bucket    = var.bucket

    gce_cluster_config {
      subnetwork             = var.network.subnet_id
      tags                   = [var.network.tag]
      internal_ip_only       = true
      service_account        = var.service_account.email
      service_account_scopes = ["cloud-platform"] # the account's roles decide
      metadata = {
        gridpulse-bundle         = var.bundle
        gridpulse-lake           = var.lake
        gridpulse-results        = local.results
        block-project-ssh-keys   = "true"
        disable-legacy-endpoints = "true"
        enable-oslogin           = "true"
      }

      shielded_instance_config {
        enable_secure_boot          = true
        enable_vtpm                 = true
        enable_integrity_monitoring = true
      }
    }

    master_config {
      num_instances = 1
      machine_type  = each.value.machine_type

      disk_config {
        boot_disk_type    = "pd-balanced"
        boot_disk_size_gb = each.value.disk_gb
      }
    }

    dynamic "worker_config" {
      for_each = each.value.workers[*]
      content {
        num_instances = worker_config.value.min
        machine_type  = worker_config.value.machine_type

        disk_config {
          boot_disk_type    = "pd-balanced"
          boot_disk_size_gb = each.value.disk_gb
        }
      }
    }

    dynamic "autoscaling_config" {
      for_each = each.value.workers[*]
      content {
        policy_uri = google_dataproc_autoscaling_policy.this[each.key].id
      }
    }

    software_config {
      image_version       = var.image_version
      optional_components = each.value.jupyter ? ["JUPYTER"] : []
      override_properties = merge(
        {
          "spark:spark.sql.session.timeZone"                = "UTC"
          "spark-env:GRIDPULSE_ANALYTICS_LAKE_LOCATION"     = var.lake
          "spark-env:GRIDPULSE_ANALYTICS_RESULTS_LOCATION"  = local.results
          "dataproc:dataproc.logging.stackdriver.enable"    = "true"
          "dataproc:dataproc.monitoring.stackdriver.enable" = "false"
        },
        each.value.workers == null ? { "dataproc:dataproc.allow.zero.workers" = "true" } : {},
      )
    }

    # Jupyter and Spark's own pages by Google's proxy, for whoever IAM lets in; no machine has a public address.
    endpoint_config {
      enable_http_port_access = each.value.jupyter
    }

    initialization_action {
      script      = "gs://${var.bucket}/${google_storage_bucket_object.install.name}"
      timeout_sec = 600
    }

    lifecycle_config {
      idle_delete_ttl = "${each.value.idle_minutes * 60}s"
    }

    dynamic "encryption_config" {
      for_each = var.kms_key[*]
      content {
        kms_key_name = encryption_config.value
      }
    }
  }

  lifecycle {
    # The autoscaler's.
    ignore_changes = [cluster_config[0].worker_config[0].num_instances]
  }

  depends_on = [google_project_iam_member.machine]
}
