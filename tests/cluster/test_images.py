"""Each image does its work as it has to in a cluster: not as root, on a read-only root, with only what is pinned."""

import json
import time
from pathlib import Path
from typing import Any, Final

import pytest

from harness.kubernetes import Namespace, pod
from harness.locks import REPOSITORY, VERSION, pins

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

LOCKS: Final = {
    "ingester": "services/ingester/requirements.txt",
    "query-api": "services/query-api/requirements.txt",
    "schema": "packages/schema/requirements.txt",
    "spark": "spark/requirements.txt",
    "standin": "local/standin/requirements.txt",
}
STOP_SECONDS: Final = 15
"""Within the 30 s that Kubernetes gives."""
JOBS: Final = "/opt/gridpulse/spark/jobs"
LOOK_AROUND: Final = (Path(__file__).parent / "in_image" / "look_around.py").read_text(encoding="utf-8")
LOCAL_SPARK: Final = (Path(__file__).parent / "in_image" / "local_spark.py").read_text(encoding="utf-8")


def stopped_within_seconds(here: Namespace, name: str) -> float:
    """Delete a pod; how long that took."""
    start = time.monotonic()
    here.kubectl("delete", "pod", name, "--timeout=60s")
    return time.monotonic() - start


def test_the_locks_are_those_of_all_images(images: dict[str, str]) -> None:
    assert sorted(LOCKS) == sorted(images)


@pytest.mark.parametrize("name", LOCKS)
def test_an_image_holds_what_is_pinned_and_no_tools(images: dict[str, str], restricted: Namespace, name: str) -> None:
    ended = restricted.run(pod(f"look-{name}", images[name], command=["python3", "-c", LOOK_AROUND]))
    assert ended.exit_code == 0, ended.log
    found: dict[str, Any] = json.loads(ended.log)
    ours = {package for package in found["packages"] if package.startswith("gridpulse-")}
    assert {"gridpulse-contract", f"gridpulse-{name}"} <= ours
    assert found["packages"] == {**pins(LOCKS[name]), **dict.fromkeys(ours, VERSION)}
    assert all(path.startswith(("/usr/local/lib/python3", "/opt/gridpulse/venv/")) for path in found["import_path"])
    assert "/usr/local/lib/python3.11/site-packages" not in found["import_path"]
    assert found["user"] == 10001
    assert found["tools"] == []
    assert found["left_over"] == []
    assert found["writable"] == ["/tmp"]  # noqa: S108


def test_the_ingester_says_what_it_takes(images: dict[str, str], restricted: Namespace) -> None:
    ended = restricted.run(pod("ingester-help", images["ingester"], arguments=["--help"]))
    assert ended.exit_code == 0, ended.log
    assert "GRIDPULSE_INGESTER_KAFKA_BOOTSTRAP_SERVERS" in ended.log


def test_a_wrong_setting_ends_the_ingester_with_a_sentence(images: dict[str, str], restricted: Namespace) -> None:
    # Started as Airflow's pods are.
    wrong = {"GRIDPULSE_INGESTER_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "GRIDPULSE_INGESTER_CONCURRENCY": "0"}
    command = ["python3", "-m", "gridpulse_ingester"]
    ended = restricted.run(
        pod("ingester-wrong", images["ingester"], command=command, arguments=["run", "--once"], env=wrong)
    )
    assert ended.exit_code == 2
    assert "GRIDPULSE_INGESTER_CONCURRENCY" in ended.log


def test_the_stand_in_serves_and_stops(images: dict[str, str], restricted: Namespace) -> None:
    restricted.apply(pod("standin", images["standin"], ready_path="/health", port=8090))
    restricted.wait("pod/standin", "condition=Ready", 60)
    assert stopped_within_seconds(restricted, "standin") < STOP_SECONDS


def test_the_query_api_lives_without_cassandra_and_stops(images: dict[str, str], restricted: Namespace) -> None:
    restricted.apply(pod("query-api", images["query-api"], ready_path="/livez", port=8080))
    restricted.wait("pod/query-api", "condition=Ready", 60)
    assert stopped_within_seconds(restricted, "query-api") < STOP_SECONDS


def test_the_migration_says_what_it_takes(images: dict[str, str], restricted: Namespace) -> None:
    ended = restricted.run(pod("schema-help", images["schema"], arguments=["migrate", "--help"]))
    assert ended.exit_code == 0, ended.log
    assert "--replication" in ended.log


def test_the_migration_fails_where_there_is_no_cassandra(images: dict[str, str], restricted: Namespace) -> None:
    ended = restricted.run(pod("schema-alone", images["schema"], env={"GRIDPULSE_SCHEMA_WAIT_SECONDS": "1"}))
    assert ended.exit_code == 1
    assert "refused" in ended.log.splitlines()[-1]


@pytest.mark.parametrize("job", sorted(path.stem for path in (REPOSITORY / "spark" / "jobs").glob("*.py")))
def test_a_job_starts_in_one_pod(images: dict[str, str], restricted: Namespace, job: str) -> None:
    # By then every import is done; the jobs without arguments find that a setting lacks.
    command = ["python3", f"{JOBS}/{job}.py"]
    name = f"job-{job.replace('_', '-')}"
    ended = restricted.run(pod(name, images["spark"], command=command, arguments=["--nothing"]))
    assert ended.exit_code == 2, ended.log
    assert "Traceback" not in ended.log


def test_spark_runs_in_one_pod(images: dict[str, str], restricted: Namespace) -> None:
    ended = restricted.run(
        pod("local-spark", images["spark"], command=["python3", "-c", LOCAL_SPARK], memory="2Gi"), seconds=180
    )
    assert ended.exit_code == 0, ended.log
    assert ended.log.splitlines()[-1] == "total=332833500"
