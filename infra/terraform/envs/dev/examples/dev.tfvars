# To try it out: the smallest that runs everything, one machine of a kind in each zone. docs/google-cloud.md has its cost.
project_id = "PROJECT"

node_pools = {
  stateful  = { machine_type = "e2-standard-4", min_per_zone = 1, max_per_zone = 1, dedicated = true }
  streaming = { machine_type = "e2-standard-2", min_per_zone = 0, max_per_zone = 2, dedicated = true, spot = true, zones = ["europe-west1-b"] }
  general   = { machine_type = "e2-standard-2", min_per_zone = 1, max_per_zone = 2 }
}

# Whatever is made can be destroyed.
deletion_protection = false

dataproc = {
  clusters = {} # study = {}, once `make dataproc-bundle` is in its bucket
}
