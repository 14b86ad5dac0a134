"""skaffold.yaml by Skaffold itself, without a cluster: both profiles are read, and the platform is rendered."""

import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from harness.chart import CHART, Resource, containers, named
from harness.locks import REPOSITORY, VERSION
from harness.manifests import DEFINITIONS, check_against_kubernetes, check_against_operators

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]  # a Skaffold that has to be built takes minutes

PROFILES: Final = ("gke", "kind")
_SECONDS: Final = 120

every_profile: Final = pytest.mark.parametrize("profile", PROFILES)
Render = Callable[..., list[Resource]]


@pytest.fixture(scope="session")
def run(skaffold: Path, helm: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Skaffold on the repository; an AssertionError has its complaint."""
    folder = tmp_path_factory.mktemp("skaffold")
    (folder / "helm").symlink_to(helm)
    (folder / "config").write_text("global:\n  collect-metrics: false\n  survey: {disable-prompt: true}\n", "utf-8")
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "HOME": str(folder),
        "KUBECONFIG": str(folder / "no-cluster"),
        "SKAFFOLD_CONFIG": str(folder / "config"),
        "SKAFFOLD_UPDATE_CHECK": "false",
    }

    def skaffold_run(*arguments: str) -> str:
        done = subprocess.run(
            [str(skaffold), *arguments],
            check=False, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    return skaffold_run


@pytest.fixture(scope="session")
def render(run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Render:
    """What a profile deploys; with a registry, its images are named there."""

    @cache
    def rendered(profile: str, registry: str | None = None) -> list[Resource]:
        source = ["--digest-source=none"] if registry is None else ["--digest-source=tag", "--default-repo", registry]
        output = tmp_path_factory.mktemp("rendered") / "all.yaml"
        run("render", "--module=platform", f"--profile={profile}", "--offline", f"--output={output}", *source)
        return [each for each in yaml.load_all(output.read_text(encoding="utf-8"), yaml.CSafeLoader) if each]

    return rendered


@every_profile
def test_skaffold_understands_the_file(run: Callable[..., str], profile: str) -> None:
    configs = {
        config["metadata"]["name"]: config
        for config in yaml.safe_load_all(run("diagnose", "--yaml-only", "--profile", profile))
    }
    assert list(configs) == ["namespaces", "operators", "platform", "airflow"]
    operators = [release["name"] for release in configs["operators"]["deploy"]["helm"]["releases"]]
    common = ["strimzi", "spark-operator", "k8ssandra-operator"]
    assert operators == ["cert-manager", *(["kube-prometheus-stack"] if profile == "gke" else []), *common]
    (release,) = configs["platform"]["manifests"]["helm"]["releases"]
    assert release["valuesFiles"][0] == str(CHART / f"values-{profile}.yaml")
    airflow: dict[str, Any] = configs["airflow"].get("deploy", {})
    assert ("helm" in airflow) == (profile == "gke")


@every_profile
def test_what_is_deployed_has_the_fields_of_its_types(render: Render, profile: str) -> None:
    assert check_against_kubernetes(render(profile), "1.34") > 10


@pytest.mark.reference
@pytest.mark.skipif(
    not DEFINITIONS.is_dir(), reason="the definitions of the operators' types are not here (GRIDPULSE_REFERENCE_DIR)"
)
@every_profile
def test_what_is_deployed_has_the_fields_of_the_operators_types(render: Render, profile: str) -> None:
    assert check_against_operators(render(profile)) > 5


def images(resources: list[Resource]) -> set[str]:
    found = {str(container["image"]) for _, container in containers(resources) if "image" in container}
    return found | {each["spec"]["image"] for each in resources if each["kind"] == "SparkApplication"}


def test_nothing_built_is_the_images_of_the_release(render: Render) -> None:
    names = ("ingester", "query-api", "schema", "spark", "standin")
    assert images(render("kind")) == {f"gridpulse/{name}:{VERSION}" for name in names}


def test_what_is_built_is_what_is_deployed(render: Render) -> None:
    deployed = images(render("gke", "europe-docker.pkg.dev/project/gridpulse"))
    names = ("ingester", "query-api", "schema", "spark")
    tags = {image.rpartition(":")[2] for image in deployed}
    assert len(tags) == 1
    assert tags != {VERSION}
    (tag,) = tags
    assert tag.startswith("git-")  # Whatever the commit's name is, Helm must read a text.
    where = "europe-docker.pkg.dev/project/gridpulse/gridpulse"
    assert deployed == {f"{where}/{name}:{tag}" for name in names}
    settings = next(each["data"] for each in render("gke", "europe-docker.pkg.dev/project/gridpulse")
                    if each["kind"] == "ConfigMap" and each["metadata"]["name"] == "gridpulse-airflow")  # fmt: skip
    assert settings["GRIDPULSE_AIRFLOW_SPARK_IMAGE"] == f"{where}/spark:{tag}"


def test_code_is_reloaded_on_kind_alone(render: Render) -> None:
    def reloading(profile: str) -> set[str]:
        deployments = named(render(profile), "Deployment")
        command = {name: spec["template"]["spec"]["containers"][0]["command"] for name, spec in deployments.items()}
        return {name for name, words in command.items() if any("reload.py" in word for word in words)}

    assert reloading("kind") == {"gridpulse-ingester-default", "gridpulse-query-api", "gridpulse-standin"}
    assert reloading("gke") == set()
