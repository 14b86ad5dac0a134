"""The pods that the DAGs make: rendered as for a run, and looked at as the cluster would."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from local_pods import Cluster, process_of

from .conftest import DAGS_FOLDER, INGESTER_IMAGE, SPARK_IMAGE

REPOSITORY: Final = Path(__file__).parents[2]
START: Final = "2026-11-01T00:00:00Z"
END: Final = "2026-11-03T00:00:00Z"
PODS: Final = {
    "archive_to_parquet.archive": ["archive_to_parquet.py", "--hour", "2026-11-25T10:00Z"],
    "archive_to_parquet.check_archive": ["check_archive.py", "--hour", "2026-11-25T10:00Z"],
    "analytics.answer": ["analytics.py", "--start", "2026-11-18", "--end", "2026-11-26"],
    "analytics.check_analytics": ["check_analytics.py", "--start", "2026-11-18", "--end", "2026-11-26"],
    "load_bigquery.load": ["load_bigquery.py", "--day", "2026-11-25"],
    "load_bigquery.check_warehouse": ["check_warehouse.py", "--day", "2026-11-25"],
    "data_quality.judge": ["data_quality.py", "--day", "2026-11-24"],
    "data_quality.check_verdicts": ["check_data_quality.py", "--day", "2026-11-24"],
    "electricity_ingest.collect": ["run", "--once"],
    "electricity_ingest.check_fresh": ["check-fresh", "--max-age-hours", "6"],
    "repair.fill_gaps": ["repair", "--days", "7", "--refresh", "7,30,90"],
    "repair.check_fresh": ["check-fresh", "--max-age-hours", "6"],
    "backfill.fetch_all": ["backfill", "--start", START, "--end", END, "--zones=DE,FR"],
    "backfill.fill_gaps": ["repair", "--days", "2", "--end", END, "--zones=DE,FR"],
    "backfill.check_range": ["check-range", "--start", START, "--end", END, "--zones=DE,FR"],
}  # fmt: skip
ASKS_THE_API: Final = ["--query-api-url", "http://gridpulse-query-api:8000"]
SECRETS: Final = {
    "spark": {
        "variables": {"X_KAFKA_SASL_PASSWORD": {"name": "kafka", "key": "password"}},
        "files": {"kafka": {"name": "kafka-ca", "items": {"ca.pem": "ca.crt"}}},
    }
}
EVENT: Final = SimpleNamespace(extra={"day": "2026-11-25"})


def pod_generator() -> Any:
    """Airflow's class, which has few types."""
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator

    return PodGenerator


def rendered(pod_tasks: dict[str, Any], name: str) -> dict[str, Any]:
    """The pod as the API gets it, of a run of the hour from 10:05 on 25 November, or of that day's event."""
    task = pod_tasks[name]
    context: dict[str, Any] = {
        "data_interval_start": datetime(2026, 11, 25, 10, 5, tzinfo=UTC),
        "triggering_asset_events": {"asset": [EVENT]},
        "params": {
            "zones": ["DE", "FR"],
            "start": START,
            "end": END,
            "min_percent": 90,
        },
        "task": task,
        **(task.dag.user_defined_macros or {}),
    }
    copy = task.prepare_for_execution()
    copy.render_template_fields(context)
    generator = pod_generator()
    pod: dict[str, Any] = generator.serialize_pod(copy.build_pod_request_obj(dry_run=True))
    assert generator.serialize_pod(generator.deserialize_model_dict(pod)) == pod  # nothing the API does not know
    return pod


def test_no_pod_is_missing_here(pod_tasks: dict[str, Any]) -> None:
    assert set(pod_tasks) == set(PODS)


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_runs_a_pinned_image_with_its_command(pod_tasks: dict[str, Any], name: str) -> None:
    (container,) = rendered(pod_tasks, name)["spec"]["containers"]
    expected = PODS[name]
    if expected[0].endswith(".py"):
        assert container["image"] == SPARK_IMAGE
        assert container["command"] == ["python3", f"/opt/gridpulse/spark/jobs/{expected[0]}"]
        assert container["args"] == expected[1:]
        assert (REPOSITORY / "spark" / "jobs" / expected[0]).is_file()
    else:
        assert container["image"] == INGESTER_IMAGE
        assert container["command"] == ["python3", "-m", "gridpulse_ingester"]
        words = [word for word in container["args"] if word not in ASKS_THE_API]
        assert words[: len(expected)] == expected
        asks = expected[0] in ("check-fresh", "check-range", "repair")
        assert ("--query-api-url" in container["args"]) is asks
    assert not re.search(r"[{}]", " ".join(container["args"]))


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_can_do_no_more_than_it_needs(pod_tasks: dict[str, Any], name: str) -> None:
    pod = rendered(pod_tasks, name)
    spec = pod["spec"]
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "fsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert spec["automountServiceAccountToken"] is False
    assert spec["restartPolicy"] == "Never"
    assert [volume["name"] for volume in spec["volumes"] if "emptyDir" in volume] == ["tmp"]
    assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108
    for limits in (container["resources"]["requests"], container["resources"]["limits"]):
        assert limits.keys() == {"cpu", "memory", "ephemeral-storage"}
    account = "gridpulse-spark" if container["image"] == SPARK_IMAGE else "gridpulse-ingester"
    assert spec["serviceAccountName"] == account
    assert container["envFrom"] == [
        {"configMapRef": {"name": account, "optional": False}},
        {"secretRef": {"name": account, "optional": True}},
    ]
    assert not any("SECRET" in entry["name"] or "TOKEN" in entry["name"] for entry in container["env"])
    labels = {key: value for key, value in pod["metadata"]["labels"].items() if "/" in key}
    assert labels == {
        "app.kubernetes.io/name": "gridpulse",
        "app.kubernetes.io/instance": "gridpulse",
        "app.kubernetes.io/component": account.removeprefix("gridpulse-"),
        "app.kubernetes.io/managed-by": "airflow",
        "gridpulse/task": name.partition(".")[2],
    }


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_that_is_lost_or_stuck_is_found_again_or_ended(pod_tasks: dict[str, Any], name: str) -> None:
    task = pod_tasks[name]
    assert task.durable
    assert task.on_finish_action == "delete_succeeded_pod"
    assert task.execution_timeout is not None
    assert task.startup_timeout_seconds == 600
    assert task.active_deadline_seconds > task.execution_timeout.total_seconds()
    assert task.in_cluster


def test_spark_jobs_become_spark_applications_where_that_is_asked_for() -> None:
    # In a process of its own: the setting is read once.
    program = f"""
import os, json, sys
sys.path[:0] = [{str(DAGS_FOLDER)!r}]
os.environ["GRIDPULSE_AIRFLOW_SPARK_APPLICATIONS"] = "true"
os.environ["GRIDPULSE_AIRFLOW_POD_SECRETS"] = {json.dumps(SECRETS)!r}
from airflow.providers.cncf.kubernetes.operators.custom_object_launcher import CustomObjectLauncher
from airflow.sdk import DAG
from datetime import timedelta
from gridpulse_dags.pods import spark_task
with DAG("d"):
    task = spark_task("answer", "analytics", ["--start", "2026-11-24"], settings_prefix="X", timeout=timedelta(hours=1))
launcher = CustomObjectLauncher("answer-1", "gridpulse", None, None, template_body=task.template_body)
print(json.dumps({{"kind": type(task).__name__, "body": launcher.body, "in_cluster": task.in_cluster}}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout.splitlines()[-1])
    assert made["kind"] == "SparkKubernetesOperator"
    assert made["in_cluster"] is True
    body = made["body"]
    assert (body["apiVersion"], body["kind"]) == ("sparkoperator.k8s.io/v1beta2", "SparkApplication")
    spec = body["spec"]
    assert spec["image"] == SPARK_IMAGE
    assert spec["mainApplicationFile"] == "local:///opt/gridpulse/spark/jobs/analytics.py"
    assert spec["arguments"] == ["--start", "2026-11-24"]
    assert spec["restartPolicy"] == {"type": "Never"}
    assert spec["driver"]["serviceAccount"] == "gridpulse-spark"
    for role in (spec["driver"], spec["executor"]):
        assert role["securityContext"]["readOnlyRootFilesystem"] is True
        assert role["podSecurityContext"]["runAsUser"] == 10001
        assert {"configMapRef": {"name": "gridpulse-spark", "optional": False}} in role["envFrom"]
        assert not any(entry["name"].endswith("_JARS_DIR") for entry in role["env"])  # spark-submit gives the master
        (password,) = (entry for entry in role["env"] if entry["name"] == "X_KAFKA_SASL_PASSWORD")
        assert password["valueFrom"] == {"secretKeyRef": {"name": "kafka", "key": "password", "optional": False}}
        (mount,) = (mount for mount in role["volumeMounts"] if mount["name"] == "kafka")
        assert mount == {"name": "kafka", "mountPath": "/etc/gridpulse/kafka", "readOnly": True}
    (volume,) = (volume for volume in spec["volumes"] if volume["name"] == "kafka")
    assert volume["secret"] == {"secretName": "kafka-ca", "items": [{"key": "ca.pem", "path": "ca.crt"}]}


def test_a_pod_gets_the_secrets_of_its_kind() -> None:
    program = f"""
import os, json, sys
sys.path[:0] = [{str(DAGS_FOLDER)!r}]
os.environ["GRIDPULSE_AIRFLOW_POD_SECRETS"] = {json.dumps(SECRETS)!r}
from airflow.sdk import DAG
from datetime import timedelta
from gridpulse_dags.pods import ingester_task, spark_task
with DAG("d"):
    spark = spark_task("answer", "analytics", [], settings_prefix="X", timeout=timedelta(hours=1))
    ingester = ingester_task("collect", ["run", "--once"], timeout=timedelta(hours=1))
print(json.dumps([
    dict(
        env={{each.name: each.value_from.secret_key_ref.name for each in task.env_vars if each.value_from}},
        mounts={{each.name: each.mount_path for each in task.volume_mounts}},
        volumes=[each.name for each in task.volumes],
    ) for task in (spark, ingester)
]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    spark, ingester = json.loads(done.stdout.splitlines()[-1])
    assert spark["env"] == {"X_KAFKA_SASL_PASSWORD": "kafka"}
    assert spark["mounts"]["kafka"] == "/etc/gridpulse/kafka"
    assert spark["volumes"] == ["tmp", "kafka"]
    assert ingester["env"] == {}
    assert ingester["volumes"] == ["tmp"]


def test_a_pod_as_a_process_sees_what_the_cluster_gives_it_and_no_more(pod_tasks: dict[str, Any]) -> None:
    pod = pod_generator().deserialize_model_dict(rendered(pod_tasks, "data_quality.judge"))
    cluster = Cluster(
        python="/venv/bin/python",
        host={"PATH": "/usr/bin"},
        paths={"/opt/gridpulse/spark": "/here/spark", "/opt/gridpulse/jars": "/jars"},
        config_maps={"gridpulse-spark": {"GRIDPULSE_DATA_QUALITY_KEYSPACE": "power"}, "other": {"OTHER": "1"}},
        secrets={},
    )
    process = process_of(pod, cluster, "/folder")
    assert process.command == ["/venv/bin/python", "/here/spark/jobs/data_quality.py", "--day", "2026-11-24"]
    assert process.environment == {
        "PATH": "/usr/bin",
        "GRIDPULSE_DATA_QUALITY_KEYSPACE": "power",
        "GRIDPULSE_DATA_QUALITY_JARS_DIR": "/jars",
        "SPARK_LOCAL_DIRS": "/folder",
        "HOME": "/folder",
        "TMPDIR": "/folder",
        "PYTHONUNBUFFERED": "1",
    }
    with pytest.raises(KeyError, match="gridpulse-spark"):
        process_of(pod, Cluster("p", {}, {}, {}, {}), "/folder")
