#!/usr/bin/env bash
# On each machine of a Dataproc cluster, when it is made: jobs, SQL and packages of GridPulse, from the bundle that
# `make dataproc-bundle` made. Spark is the image's own.
set -euo pipefail

attribute() { /usr/share/google/get_metadata_value "attributes/$1"; }

bundle=$(attribute gridpulse-bundle)
home=/opt/gridpulse
python=/opt/conda/default/bin/python

mkdir -p "$home"
gcloud storage cp "$bundle" - | tar xz -C "$home" || {
  echo "GridPulse: there is no $bundle: make dataproc-bundle says how it gets there" >&2
  exit 1
}
"$python" -m pip install --quiet --require-hashes --requirement "$home/requirements.txt"
"$python" -m pip install --quiet --no-deps --no-index "$home"/wheels/*.whl

# For notebooks and for shells.
cat >/etc/profile.d/gridpulse.sh <<END
export GRIDPULSE_LAKE_LOCATION=$(attribute gridpulse-lake)
END
mkdir -p /etc/ipython
cat >>/etc/ipython/ipython_config.py <<END
c.InteractiveShellApp.exec_lines.append("import os; os.environ.setdefault('GRIDPULSE_LAKE_LOCATION', '$(attribute gridpulse-lake)')")
END
