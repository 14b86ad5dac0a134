# An environment: modules put together, and nothing of its own. Another size is another file of variables (examples/), with
# a state of its own.

provider "google" {
  project               = var.project_id
  region                = var.region
  billing_project       = var.project_id
  user_project_override = true # budgets are asked for in the name of the project
}

locals {
  repository    = "${path.module}/../../../.."
  version       = trimspace(file("${local.repository}/VERSION"))
  data_location = coalesce(var.data_location, var.region)
  labels        = merge({ app = "gridpulse" }, var.labels)
  accounts_of = {
    for name in ["ingester-daemon", "ingester", "query-api", "streaming", "spark"] :
    name => "${var.release.namespace}/${var.release.name}-${name}"
  }
}

module "project" {
  source = "../../modules/project"

  project_id   = var.project_id
  name         = var.name
  alert_emails = var.alert_emails
  budget       = var.budget
  api_host     = var.api_host
}

module "identity" {
  source = "../../modules/identity"

  project_id          = var.project_id
  project_number      = module.project.number
  name                = var.name
  kms_key             = var.kms_key
  deletion_protection = var.deletion_protection
  labels              = local.labels

  accounts = {
    nodes = {
      description   = "Nodes of the cluster: logs, metrics; they pull images"
      project_roles = ["roles/container.defaultNodeServiceAccount"]
    }
    ingester = {
      description         = "Collects data: reads the token of the source's API"
      kubernetes_accounts = [local.accounts_of.ingester-daemon, local.accounts_of.ingester]
    }
    query-api = {
      description         = "Serves data: reads the file of API keys"
      kubernetes_accounts = [local.accounts_of.query-api]
    }
    streaming = {
      description         = "Kafka to Cassandra: keeps its place in the bucket of checkpoints"
      kubernetes_accounts = [local.accounts_of.streaming]
    }
    batch = {
      description         = "Lake, analytics, warehouse: writes lake, results, stage and the tables of BigQuery"
      project_roles       = ["roles/bigquery.jobUser"]
      kubernetes_accounts = [local.accounts_of.spark]
    }
    notebooks = {
      description   = "People's Spark on Dataproc: reads lake, results and warehouse"
      project_roles = ["roles/bigquery.jobUser"]
    }
  }

  secrets = {
    electricity-maps = {
      description = "Token of the source's API, or the file of tokens by zone"
      readers     = ["ingester"]
      locations   = [var.region]
    }
    query-api-keys = {
      description = "keys.json of the query API: hashed keys"
      readers     = ["query-api"]
      locations   = [var.region]
    }
  }

  depends_on = [module.project]
}

module "network" {
  source = "../../modules/network"

  project_id             = var.project_id
  region                 = var.region
  name                   = var.name
  ranges                 = var.ranges
  dataproc_to_pods_ports = var.dataproc.store_ports

  depends_on = [module.project]
}

module "registry" {
  source = "../../modules/registry"

  project_id = var.project_id
  location   = var.region
  name       = var.name
  readers    = { nodes = module.identity.members.nodes }
  writers    = var.releasers
  kms_key    = module.identity.kms_key
  labels     = local.labels
}

module "storage" {
  source = "../../modules/storage"

  project_id = var.project_id
  location   = local.data_location
  prefix     = "${var.project_id}-${var.name}"
  kms_key    = module.identity.kms_key
  labels     = local.labels

  buckets = {
    lake = {
      versioning          = true
      soft_delete_days    = 30
      nearline_after_days = var.lake_nearline_after_days
      readers             = { notebooks = module.identity.members.notebooks }
      writers             = { batch = module.identity.members.batch }
    }
    results = {
      readers = { notebooks = module.identity.members.notebooks }
      writers = { batch = module.identity.members.batch }
    }
    stage = {
      delete_after_days = 7
      soft_delete_days  = 0
      writers           = { batch = module.identity.members.batch }
    }
    checkpoints = {
      soft_delete_days = 0 # files of seconds; without them the stream reads Kafka again
      writers          = { streaming = module.identity.members.streaming }
    }
    dataproc = {
      writers = { notebooks = module.identity.members.notebooks }
    }
  }
}

module "bigquery" {
  source = "../../modules/bigquery"

  project_id          = var.project_id
  location            = local.data_location
  definitions         = "${local.repository}/bigquery"
  writers             = { batch = module.identity.members.batch }
  readers             = merge({ notebooks = module.identity.members.notebooks }, var.analysts)
  scheduled_subtables = var.scheduled_subtables ? { service_account = module.identity.emails.batch } : null
  kms_key             = module.identity.kms_key
  deletion_protection = var.deletion_protection
  labels              = local.labels
}

module "gke" {
  source = "../../modules/gke"

  project_id           = var.project_id
  region               = var.region
  zones                = var.zones
  name                 = var.name
  node_service_account = module.identity.emails.nodes
  node_pools           = var.node_pools
  release_channel      = var.release_channel
  maintenance          = { exclusions = var.maintenance_exclusions }
  kms_key              = module.identity.kms_key
  deletion_protection  = var.deletion_protection
  labels               = local.labels

  network = {
    network_id          = module.network.network_id
    subnet_id           = module.network.subnet_ids.nodes
    pods_range          = module.network.secondary_ranges.pods
    services_range      = module.network.secondary_ranges.services
    control_plane_range = module.network.ranges.control_plane
    node_tag            = module.network.tags.node
    authorized_networks = var.authorized_networks
  }
}

module "dataproc" {
  source = "../../modules/dataproc"

  project_id = var.project_id
  region     = var.region
  name       = var.name
  bucket     = module.storage.names.dataproc
  lake       = "${module.storage.urls.lake}/lake"
  bundle     = "${module.storage.urls.dataproc}/gridpulse/gridpulse-spark-${local.version}.tar.gz"
  clusters   = var.dataproc.clusters
  kms_key    = module.identity.kms_key
  labels     = local.labels

  network = {
    subnet_id = module.network.subnet_ids.dataproc
    tag       = module.network.tags.dataproc
  }
  service_account = {
    email  = module.identity.emails.notebooks
    member = module.identity.members.notebooks
  }

  depends_on = [module.storage]
}
