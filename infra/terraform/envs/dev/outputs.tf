output "chart" {
  description = "What the chart needs to know: `make gke-values` makes a values file of it."
  value = {
    project_id = var.project_id
    zones      = sort(tolist(var.zones))
    registry   = module.registry.url
    warehouse  = { location = module.bigquery.location, dataset = module.bigquery.dataset }
    locations = {
      checkpoints = "${module.storage.urls.checkpoints}/checkpoints"
      lake        = "${module.storage.urls.lake}/lake"
      results     = "${module.storage.urls.results}/results"
      stage       = "${module.storage.urls.stage}/stage"
    }
    kubernetes_accounts = module.identity.kubernetes_accounts
    accounts            = module.identity.emails
    release             = var.release
    pools               = { for name in ["stateful", "streaming"] : name => module.gke.pools[name] }
    api_host            = var.api_host
  }
}

output "credentials_command" {
  description = "What lets kubectl in."
  value       = module.gke.credentials_command
}

output "registry" {
  description = "`make release REGISTRY=` this."
  value       = module.registry.url
}

output "secrets" {
  description = "Entries of Secret Manager, whose values are given by hand: gcloud secrets versions add."
  value       = module.identity.secrets
}

output "dataproc" {
  description = "Clusters, what has to be there before they are made, and where their answers go."
  value = {
    bundle   = module.dataproc.bundle
    clusters = module.dataproc.clusters
    results  = module.dataproc.results
  }
}
