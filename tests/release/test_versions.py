"""One list of what a cluster needs: charts/operators.yaml. All that repeats its versions says the same."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from harness.chart import APIS, CHART
from harness.locks import REPOSITORY, VERSION, pins

LIST: Final[dict[str, Any]] = yaml.safe_load((REPOSITORY / "charts" / "operators.yaml").read_text(encoding="utf-8"))
OPERATORS: Final[list[dict[str, Any]]] = LIST["operators"]
VERSIONS: Final[dict[str, str]] = LIST["versions"]
INSTALL: Final = (REPOSITORY / "docs" / "install.md").read_text(encoding="utf-8")
CONFIGS: Final[dict[str, Any]] = {
    config["metadata"]["name"]: config
    for config in yaml.safe_load_all((REPOSITORY / "skaffold.yaml").read_text(encoding="utf-8"))
}
"""Those of skaffold.yaml, by name."""


def values(part: str) -> dict[str, Any]:
    return yaml.safe_load((CHART / "charts" / part / "values.yaml").read_text(encoding="utf-8"))


def pom(path: str, name: str) -> str:
    text = (REPOSITORY / path).read_text(encoding="utf-8")
    found = re.search(rf"<{name}>(.*?)</{name}>", text)
    assert found, name
    return found[1]


def release(chart: dict[str, Any], name: str) -> dict[str, Any]:
    """A chart of the list as skaffold installs it."""
    repository = {"repo": chart["repository"]} if "repository" in chart else {}
    given = {"setValues": chart["values"]} if chart.get("values") else {}
    where = {"namespace": chart["namespace"], "createNamespace": True}
    return {"name": name, "remoteChart": chart["chart"], "version": chart["version"], **where, **repository, **given}


def command(chart: dict[str, Any], name: str) -> str:
    """A chart of the list as a person installs it."""
    repository = f" --repo {chart['repository']}" if "repository" in chart else ""
    given = "".join(f" --set {shlex.quote(f'{key}={value}')}" for key, value in chart.get("values", {}).items())
    return (
        f"helm install {name} {chart['chart']}{repository} --version {chart['version']}"
        f" --namespace {chart['namespace']} --create-namespace --wait{given}"
    )


def test_skaffold_installs_the_operators_of_the_list_in_its_order() -> None:
    config = CONFIGS["operators"]
    expected = [{**release(each, each["name"]), "wait": True} for each in OPERATORS]
    assert config["deploy"]["helm"]["releases"] == [
        made for made, each in zip(expected, OPERATORS, strict=True) if not each.get("optional")
    ]
    production = next(profile for profile in config["profiles"] if profile["name"] == "gke")
    assert production["patches"] == [
        {"op": "add", "path": f"/deploy/helm/releases/{index}", "value": made}
        for index, (made, each) in enumerate(zip(expected, OPERATORS, strict=True))
        if each.get("optional")
    ]


def test_skaffold_installs_the_airflow_of_the_list() -> None:
    production = next(profile for profile in CONFIGS["airflow"]["profiles"] if profile["name"] == "gke")
    expected = {**release(LIST["airflow"], "airflow"), "valuesFiles": ["charts/gridpulse/airflow-values.yaml"]}
    assert production["deploy"]["helm"]["releases"] == [expected]


def test_the_page_on_installing_has_the_commands_of_the_list() -> None:
    blocks = re.findall(r"^ *```\n(.*?)^ *```$", INSTALL, flags=re.DOTALL | re.MULTILINE)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    installs = [line for line in lines if line.startswith("helm install") and "charts/gridpulse" not in line]
    assert installs == [command(each, each["name"]) for each in OPERATORS]
    (airflow,) = (line for line in lines if line.startswith("helm install airflow"))
    assert airflow == command(LIST["airflow"], "airflow").replace(
        " --create-namespace --wait", " --values charts/gridpulse/airflow-values.yaml"
    )


def test_the_page_on_installing_has_a_table_of_the_list() -> None:
    rows = re.findall(r"^ *\| `([a-z0-9-]+)` \| (v?\d+\.\d+\.\d+) \| (.*?) \|$", INSTALL, flags=re.MULTILINE)
    assert rows == [(each["name"], each["version"], each["for"]) for each in OPERATORS]


def test_every_type_that_the_chart_asks_for_comes_with_one_of_them() -> None:
    ours = {api for api in APIS if not api.startswith("gateway.networking.k8s.io/")}
    assert sorted(api for each in OPERATORS for api in each["apis"]) == sorted(ours)


def test_skaffold_renders_for_a_cluster_that_has_all_types() -> None:
    flags = CONFIGS["platform"]["manifests"]["helm"]["flags"]["template"]
    assert sorted(api for flag in flags for api in flag.removeprefix("--api-versions=").split(",")) == sorted(APIS)


def test_the_chart_runs_the_versions_of_the_list() -> None:
    assert values("kafka")["cluster"]["version"] == VERSIONS["kafka"]
    assert values("cassandra")["cluster"]["version"] == VERSIONS["cassandra"]
    application = (CHART / "charts" / "streaming" / "templates" / "sparkapplication.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^  sparkVersion: (\S+)$", application, flags=re.MULTILINE) == [VERSIONS["spark"]]
    airflow = yaml.safe_load((CHART / "airflow-values.yaml").read_text(encoding="utf-8"))
    assert airflow["airflowVersion"] == airflow["defaultAirflowTag"] == VERSIONS["airflow"]


def test_the_versions_of_the_list_are_those_that_are_tested_here() -> None:
    assert pom("local/platform/src/gridpulse_platform/cassandra.pom.xml", "cassandra.version") == VERSIONS["cassandra"]
    assert pins("spark/requirements.txt")["pyspark"] == VERSIONS["spark"]
    assert pins("airflow/requirements.txt")["apache-airflow"] == VERSIONS["airflow"]


def test_kinds_node_is_of_a_kubernetes_that_the_chart_takes() -> None:
    config = yaml.safe_load((REPOSITORY / "charts" / "kind.yaml").read_text(encoding="utf-8"))
    (node,) = config["nodes"]
    assert node["image"] == LIST["kind"]["image"]
    found = re.fullmatch(r"kindest/node:v1\.(\d+)\.\d+@sha256:[0-9a-f]{64}", node["image"])
    assert found
    described = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert int(found[1]) >= int(re.findall(r"1\.(\d+)", described["kubeVersion"])[0])


def test_skaffold_builds_every_image_as_images_build_does() -> None:
    listed = subprocess.run([REPOSITORY / "images" / "build", "--list"], check=True, capture_output=True, text=True)
    artifacts = {artifact["image"]: artifact for artifact in CONFIGS["platform"]["build"]["artifacts"]}
    assert sorted(artifacts) == sorted(f"gridpulse/{name}" for name in listed.stdout.split())
    for image, artifact in artifacts.items():
        dockerfile = REPOSITORY / artifact["docker"]["dockerfile"]
        assert f"gridpulse/{dockerfile.parent.name}" == image
        assert dockerfile.is_file()
        assert artifact["context"] == "."
        assert set(artifact["docker"]["buildArgs"]) == {"VERSION", "REVISION"}


def test_a_synced_package_is_one_that_the_image_holds() -> None:
    synced = 0
    for artifact in CONFIGS["platform"]["build"]["artifacts"]:
        text = (REPOSITORY / artifact["docker"]["dockerfile"]).read_text(encoding="utf-8")
        (parts,) = re.findall(r"^RUN images/venv parts (.*)$", text, flags=re.MULTILINE)
        rules = artifact.get("sync", {}).get("manual", [])
        assert not rules or [f"{part}/src/**" for part in parts.split()] == [rule["src"] for rule in rules]
        for rule in rules:
            assert rule == {"src": rule["src"], "dest": "/opt/gridpulse/live", "strip": rule["src"].removesuffix("**")}
            synced += 1
    assert synced == 8


def fake(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def kind(folder: Path, verb: str) -> subprocess.CompletedProcess[str]:
    command = [REPOSITORY / "local" / "kind", verb]
    environment = {"PATH": f"{folder}:/usr/bin:/bin"}
    return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=30)


KIND: Final = 'if [ "$1 $2" = "get clusters" ]; then echo "$EXISTS"; else echo "kind $*"; fi'


@pytest.mark.parametrize(("verb", "command"), [("up", "create cluster --config"), ("down", "delete cluster --name")])
def test_a_cluster_is_made_and_removed(tmp_path: Path, verb: str, command: str) -> None:
    fake(tmp_path, "docker", "exit 0")
    fake(tmp_path, "kind", KIND)
    done = kind(tmp_path, verb)
    assert done.returncode == 0, done.stderr
    assert f"kind {command}" in done.stdout


def test_a_cluster_that_is_there_is_left_alone(tmp_path: Path) -> None:
    fake(tmp_path, "docker", "exit 0")
    fake(tmp_path, "kind", KIND.replace("$EXISTS", "gridpulse"))
    done = kind(tmp_path, "up")
    assert done.returncode == 0, done.stderr
    assert "there is a cluster gridpulse already" in done.stdout
    assert "create" not in done.stdout


def test_what_a_cluster_needs_is_named(tmp_path: Path) -> None:
    for program in ("bash", "dirname", "sed", "grep", "cat"):
        (tmp_path / program).symlink_to(Path("/usr/bin") / program)

    def complaint() -> str:
        done = subprocess.run(
            [REPOSITORY / "local" / "kind", "up"],
            check=False, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=30,
        )  # fmt: skip
        assert done.returncode == 1
        return done.stderr

    assert "kind is not installed" in complaint()
    fake(tmp_path, "kind", KIND)
    assert "docker is not installed" in complaint()
    fake(tmp_path, "docker", "exit 1")
    assert "docker does not answer" in complaint()


def test_the_changelog_is_about_this_version() -> None:
    heading = re.search(r"^## (.*)$", (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert heading
    assert re.fullmatch(rf"Unreleased \({re.escape(VERSION)}\)|{re.escape(VERSION)} \(\d{{4}}-\d\d-\d\d\)", heading[1])
