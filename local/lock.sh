#!/usr/bin/env bash
# Compiles the pinned requirements with their hashes: requirements-bootstrap.txt (uv alone), requirements-dev.txt (all
# parts and tools), one requirements.txt for each program's image, at the versions of requirements-dev.txt, those of what
# builds wheels and the live page in images, of the client with pandas (which only a test installs, beside .venv), of
# JupyterLab, of the stand-in for BigQuery, which has a Python of its own, of Helm, of the policy scan, and of Airflow,
# which fits in with nobody; and writes the checksums of the jars of spark/pom.xml, which its image verifies.
# Nothing of this machine's configuration gets in: no index, no folder, no address. Argument: --upgrade or nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

unset "${!PIP_@}" UV_FIND_LINKS UV_CONSTRAINT UV_BUILD_CONSTRAINT UV_OVERRIDE UV_EXCLUDE_NEWER UV_RESOLUTION UV_PRERELEASE

ours=()
for name in contract schema servicekit; do ours+=(--no-emit-package "gridpulse-$name"); done

compile() { # OUTPUT ARGUMENTS...
  local output=$1
  shift
  .venv/bin/uv pip compile --quiet --generate-hashes --python-version "${python_version:-3.11}" \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate "${ours[@]}" --output-file "$output" "$@"
}

compile requirements-dev.txt "$@" --group pyproject.toml:dev \
  packages/*/pyproject.toml services/*/pyproject.toml spark/pyproject.toml grafana/pyproject.toml local/*/pyproject.toml
grep '^uv==' requirements-dev.txt | cut -d' ' -f1 >.venv/bootstrap.in
compile requirements-bootstrap.txt .venv/bootstrap.in
for program in services/ingester services/query-api packages/schema local/standin spark; do
  compile "$program/requirements.txt" --constraint requirements-dev.txt "$program/pyproject.toml"
done
compile images/build-requirements.txt "$@" --constraint requirements-dev.txt images/build-requirements.in
compile services/query-api/web/requirements.txt --constraint requirements-dev.txt services/query-api/web/requirements.in
compile packages/client/requirements.txt --constraint requirements-dev.txt --extra pandas packages/client/pyproject.toml
compile notebooks/requirements.txt --constraint requirements-dev.txt notebooks/requirements.in
python_version=3.13 compile local/platform/src/gridpulse_platform/bigquery.requirements.{txt,in} "$@"
compile local/platform/src/gridpulse_platform/helm.requirements.{txt,in} --no-deps "$@"
compile infra/terraform/policy/requirements.{txt,in} "$@"
compile airflow/requirements.txt "$@" airflow/pyproject.toml
compile airflow/requirements-dev.txt "$@" --constraint airflow/requirements.txt --group airflow/pyproject.toml:dev

jars=$(.venv/bin/python -c 'import gridpulse_platform; print(gridpulse_platform.ensure_jars("spark"))')
(cd "$jars" && export LC_ALL=C && sha256sum -- *.jar) >spark/jars.sha256
