"""A DAG run by Airflow on this machine, with the account and the settings that a release has for it in the cluster."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

from gridpulse_platform.jars import REPOSITORY
from harness.release import Release

__all__ = ["ACCOUNT", "run_dag"]

ACCOUNT: Final = "airflow-worker"
"""Of Airflow's workers, as the chart's values name it."""
_AIRFLOW: Final = REPOSITORY / "airflow"
_TIMEOUT_SECONDS: Final = 400


def run_dag(release: Release, dag: str, zones: str, home: Path) -> dict[str, Any]:
    """Its state, and by task the task's. The namespace gets the account, where the release has bound its role to it."""
    here = release.namespace
    here.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT}})
    config = home / "kubeconfig.json"
    config.touch(mode=0o600)
    config.write_text(json.dumps(_kubeconfig(release)), encoding="utf-8")
    connection = {"conn_type": "kubernetes", "extra": {"kube_config_path": str(config), "namespace": here.name}}
    airflow = {
        "CORE__DAGS_FOLDER": str(_AIRFLOW / "dags"),
        "CORE__LOAD_EXAMPLES": "False",
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    environment = {
        **os.environ,
        **{f"AIRFLOW__{name}": value for name, value in airflow.items()},
        **here.get("configmap", f"{release.name}-airflow")["data"],
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONN_KUBERNETES_DEFAULT": json.dumps(connection),
        "GRIDPULSE_AIRFLOW_IN_CLUSTER": "false",
    }
    results = home / "results.jsonl"
    program = [str(REPOSITORY / ".venv-airflow/bin/python"), str(_AIRFLOW / "local/run_once.py")]
    done = subprocess.run(
        [*program, "--zones", zones, "--results", str(results), "--only", dag],
        check=False,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return json.loads(results.read_text(encoding="utf-8"))


def _kubeconfig(release: Release) -> dict[str, Any]:
    """Of the account, and nobody else."""
    config = json.loads(release.namespace.kubectl("config", "view", "--raw", "--minify", "--output", "json"))
    token = release.namespace.kubectl("create", "token", ACCOUNT, "--duration=1h").strip()
    return {**config, "users": [{"name": user["name"], "user": {"token": token}} for user in config["users"]]}
