"""The Spark image under the real spark-operator: a driver, an executor, and how they come to their end."""

from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_platform.waiting import wait_until
from harness.kubernetes import PULL_POLICY, SECURITY_OF_CONTAINER, SECURITY_OF_POD, Namespace
from harness.locks import pins

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

JOBS: Final = "/opt/gridpulse/spark/jobs"
JARS: Final = "/opt/gridpulse/jars/*"
PROGRAM: Final = Path(__file__).parent / "in_image" / "application.py"
ENDS: Final = ("COMPLETED", "FAILED", "SUBMISSION_FAILED")
ACTED_ON_SECONDS: Final = 60
END_SECONDS: Final = 240


def application(image: str, name: str, program: str, **driver: Any) -> dict[str, Any]:
    """A SparkApplication with one executor, as locked down as the DAGs' own."""
    role = {
        "cores": 1,
        "coreRequest": "100m",
        "memory": "512m",
        "podSecurityContext": SECURITY_OF_POD,
        "securityContext": SECURITY_OF_CONTAINER,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
    }
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": name},
        "spec": {
            "type": "Python",
            "pythonVersion": "3",
            "mode": "cluster",
            "sparkVersion": pins("spark/requirements.txt")["pyspark"],
            "image": image,
            "imagePullPolicy": PULL_POLICY,
            "mainApplicationFile": f"local://{program}",
            "restartPolicy": {"type": "Never"},
            "sparkConf": {f"spark.{each}.extraClassPath": JARS for each in ("driver", "executor")},
            "volumes": [{"name": "tmp", "emptyDir": {}}],
            "driver": {**role, "serviceAccount": "spark", **driver},
            "executor": {**role, "instances": 1},
        },
    }


def state_after_end(here: Namespace, name: str) -> str:
    """Of an application. Raises TimeoutError where no operator acts on it, or where it does not end."""

    def state() -> str:
        status: dict[str, Any] = here.get("sparkapplication", name).get("status", {})
        return str(status.get("applicationState", {}).get("state", ""))

    def end() -> str:
        return now if (now := state()) in ENDS else ""

    wait_until(state, ACTED_ON_SECONDS, f"a state of {name} from a spark-operator (see SPARK_OPERATOR)", 1)
    return wait_until(end, END_SECONDS, f"the end of {name}", 1)


def test_an_application_completes_with_an_executor(images: dict[str, str], spark_namespace: Namespace) -> None:
    here = spark_namespace
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "program"}}
    here.apply({**config_map, "data": {PROGRAM.name: PROGRAM.read_text(encoding="utf-8")}})
    manifest = application(
        images["spark"],
        "squares",
        f"/opt/test/{PROGRAM.name}",
        configMaps=[{"name": "program", "path": "/opt/test"}],
    )
    here.apply(manifest)
    state = state_after_end(here, "squares")
    log = here.kubectl("logs", "squares-driver")
    assert state == "COMPLETED", log
    assert "total=332833500" in log.splitlines()


def test_a_job_with_wrong_settings_fails_as_an_application(images: dict[str, str], spark_namespace: Namespace) -> None:
    here = spark_namespace
    here.apply(application(images["spark"], "archive", f"{JOBS}/archive_to_parquet.py"))
    assert state_after_end(here, "archive") == "FAILED"
    driver = here.get("pod", "archive-driver")
    assert driver["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 2
    assert "lake_location" in here.kubectl("logs", "archive-driver")
