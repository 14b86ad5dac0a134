"""Airflow on an empty home of its own; every DAG parsed once for all tests."""

import os
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

DAGS_FOLDER: Final = Path(__file__).parents[1] / "dags"
INGESTER_IMAGE: Final = "registry.example/gridpulse/ingester:0.1.0"
SPARK_IMAGE: Final = f"registry.example/gridpulse/spark@sha256:{'0' * 64}"

# Before the first import of Airflow, which reads them then.
_home = tempfile.TemporaryDirectory(prefix="airflow-home-")
os.environ.update(
    {
        "AIRFLOW_HOME": _home.name,
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS_FOLDER),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "GRIDPULSE_AIRFLOW_INGESTER_IMAGE": INGESTER_IMAGE,
        "GRIDPULSE_AIRFLOW_SPARK_IMAGE": SPARK_IMAGE,
        "GRIDPULSE_AIRFLOW_START_DATE": "2026-11-01T00:00:00Z",
        "GRIDPULSE_AIRFLOW_QUERY_API_URL": "http://gridpulse-query-api:8000",
    }
)


@pytest.fixture(scope="session")
def bag() -> Any:
    """The DAGs, as the DAG processor reads them."""
    from airflow.dag_processing.dagbag import BundleDagBag

    return BundleDagBag(dag_folder=DAGS_FOLDER, bundle_path=DAGS_FOLDER, bundle_name="dags-folder")


@pytest.fixture(scope="session")
def pod_tasks(bag: Any) -> dict[str, Any]:
    """Every task that makes a pod, by "dag.task"."""
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

    return {
        f"{dag.dag_id}.{task.task_id}": task
        for dag in bag.dags.values()
        for task in dag.tasks
        if isinstance(task, KubernetesPodOperator)
    }
