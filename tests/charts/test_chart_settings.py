"""Every variable that the chart sets is a setting of the program that gets it, and its value one that it takes."""

import importlib.util
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from gridpulse_ingester.settings import IngesterSettings
from gridpulse_platform.jars import REPOSITORY
from gridpulse_query_api.settings import QueryApiSettings
from gridpulse_schema.settings import SchemaSettings
from gridpulse_spark.analytics.settings import AnalyticsSettings
from gridpulse_spark.quality.settings import DataQualitySettings
from gridpulse_spark.settings import ArchiveSettings, RebuildSettings, StreamingSettings
from gridpulse_spark.warehouse.settings import WarehouseSettings
from gridpulse_standin.settings import StandinSettings
from harness.chart import PROFILES, Resource, containers

Rendered = Callable[[str], list[Resource]]
PROGRAMS: Final[tuple[type[BaseSettings], ...]] = (
    AnalyticsSettings,
    ArchiveSettings,
    DataQualitySettings,
    IngesterSettings,
    QueryApiSettings,
    RebuildSettings,
    SchemaSettings,
    StandinSettings,
    StreamingSettings,
    WarehouseSettings,
)

every_profile: Final = pytest.mark.parametrize("profile", PROFILES)


def prefix(program: type[BaseSettings]) -> str:
    return str(program.model_config.get("env_prefix", "")).upper()


def known_variables() -> set[str]:
    return {f"{prefix(program)}{name.upper()}" for program in PROGRAMS for name in program.model_fields}


def dag_settings() -> type[BaseSettings]:
    """The DAGs' settings class; their module needs the variables of an installation as soon as it is read."""
    spec = importlib.util.spec_from_file_location(
        "gridpulse_dags_settings", REPOSITORY / "airflow/dags/gridpulse_dags/settings.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.DagSettings


def read_environment(program: type[BaseSettings]) -> None:
    program()


def environments(resources: list[Resource]) -> dict[str, dict[str, str | None]]:
    """The variables of each program; None where a Secret has the value. Scheduled pods have theirs of two places."""
    found: dict[str, dict[str, str | None]] = {}
    of_secrets: dict[str, Any] = {}
    for name, container in containers(resources):
        found[name] = {variable["name"]: variable.get("value") for variable in container.get("env", ())}
    for resource in resources:
        if resource["kind"] == "ConfigMap" and any(key.startswith("GRIDPULSE_") for key in resource["data"]):
            found[f"ConfigMap {resource['metadata']['name']}"] = dict(resource["data"])
            of_secrets |= json.loads(resource["data"].get("GRIDPULSE_AIRFLOW_POD_SECRETS", "{}"))
    for pods, secrets in of_secrets.items():
        found[f"ConfigMap gridpulse-{pods}"] |= dict.fromkeys(secrets["variables"])
    return found


@every_profile
def test_every_variable_is_a_setting(rendered: Rendered, profile: str) -> None:
    set_here = {
        name for env in environments(rendered(profile)).values() for name in env if name.startswith("GRIDPULSE_")
    }
    of_dags = {name for name in set_here if name.startswith("GRIDPULSE_AIRFLOW_")}
    assert set_here - of_dags - known_variables() == set()
    assert len(set_here) > 20


@every_profile
def test_programs_take_the_values(
    rendered: Rendered, profile: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each program's own class reads what its container has, with something in place of secrets and their files."""
    file = tmp_path / "of-a-secret"
    file.touch()
    for variable in [name for name in os.environ if name.startswith("GRIDPULSE_")]:
        monkeypatch.delenv(variable)
    read: set[str] = set()
    for where, env in environments(rendered(profile)).items():
        mine = {name: f"secret-of-{name}" if value is None else value for name, value in env.items()}
        for program in PROGRAMS:
            if not any(name.startswith(prefix(program)) for name in mine):
                continue
            with monkeypatch.context() as patch:
                for name, value in mine.items():
                    patch.setenv(name, str(file) if value.startswith("/etc/gridpulse/") else value)
                try:
                    read_environment(program)
                except ValidationError as error:
                    pytest.fail(f"{where}: {error}")
            read.add(program.__name__)
    assert {"IngesterSettings", "QueryApiSettings", "SchemaSettings", "StreamingSettings"} <= read


@pytest.mark.parametrize("profile", ["everything", "gke"])
def test_dags_take_what_airflow_is_given(rendered: Rendered, profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings,) = (
        resource["data"]
        for resource in rendered(profile)
        if (resource["kind"], resource["metadata"]["name"]) == ("ConfigMap", "gridpulse-airflow")
    )
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    program = dag_settings()
    read: Any = program()
    assert settings.keys() <= {f"GRIDPULSE_AIRFLOW_{name.upper()}" for name in program.model_fields}
    assert read.namespace == "power"
    assert read.pod_secrets["spark"].files["kafka"].name == "gridpulse-cluster-ca-cert"
    archive = read.pod_secrets["spark"].variables["GRIDPULSE_ARCHIVE_KAFKA_SASL_PASSWORD"]
    assert (archive.name, archive.key) == ("gridpulse-kafka-archive", "password")
    for kind in ("ingester", "spark"):
        assert set(read.pod_secrets[kind].variables) <= known_variables()


def test_files_are_where_settings_say(rendered: Rendered) -> None:
    """Each file that a variable names lies in a volume that its container mounts, under that name."""
    (application,) = (each for each in rendered("everything") if each["kind"] == "SparkApplication")
    specs = [application["spec"]] * 2
    roles = [application["spec"]["driver"], application["spec"]["executor"]]
    for resource in rendered("everything"):
        if resource["kind"] in ("Deployment", "Job"):
            spec = resource["spec"]["template"]["spec"]
            specs.append(spec)
            roles.append(spec["containers"][0])
    seen = 0
    for spec, role in zip(specs, roles, strict=True):
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        for mount in role["volumeMounts"]:
            assert mount["name"] in volumes
        for variable in role["env"]:
            folder, _, name = str(variable.get("value", "")).rpartition("/")
            if folder.startswith("/etc/gridpulse"):
                (mount,) = (mount for mount in role["volumeMounts"] if mount["mountPath"] == folder)
                assert name in [item["path"] for item in volumes[mount["name"]]["secret"]["items"]]
                seen += 1
    assert seen == 9
