"""Every profile: linted, rendered, and as Kubernetes' and the operators' schemas want it."""

import shutil
import textwrap
from collections import Counter
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Final

import jsonschema
import pytest
import yaml

from harness.chart import APIS, CHART, PARTS, PROFILES, Chart, Resource
from harness.manifests import DEFINITIONS, check, check_against_kubernetes, check_against_operators

OLDEST_KUBERNETES: Final = "1.29"
NEWEST_KUBERNETES: Final = "1.37"

every_profile: Final = pytest.mark.parametrize("profile", PROFILES)
Rendered = Callable[[str], list[Resource]]


@every_profile
def test_helm_finds_nothing_to_complain_about(chart: Chart, profile: str) -> None:
    files = [argument for name in PROFILES[profile] for argument in ("--values", name)]
    done = chart.run("lint", ".", "--strict", *files)
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout


@every_profile
def test_no_two_resources_have_one_name(rendered: Rendered, profile: str) -> None:
    names = Counter((resource["kind"], resource["metadata"]["name"]) for resource in rendered(profile))
    assert [name for name, count in names.items() if count > 1] == []


@every_profile
@pytest.mark.parametrize("version", [OLDEST_KUBERNETES, NEWEST_KUBERNETES])
def test_kubernetes_knows_every_field(rendered: Rendered, profile: str, version: str) -> None:
    assert check_against_kubernetes(rendered(profile), version) > 10


@pytest.mark.reference
@pytest.mark.skipif(
    not DEFINITIONS.is_dir(), reason="the definitions of the operators' types are not here (GRIDPULSE_REFERENCE_DIR)"
)
@every_profile
def test_operators_know_every_field(rendered: Rendered, profile: str) -> None:
    assert check_against_operators(rendered(profile)) > 0


@pytest.mark.reference
@pytest.mark.skipif(
    not DEFINITIONS.is_dir(), reason="the definitions of the operators' types are not here (GRIDPULSE_REFERENCE_DIR)"
)
def test_a_field_that_an_operator_does_not_know_is_found(rendered: Rendered) -> None:
    (application,) = (each for each in rendered("default") if each["kind"] == "SparkApplication")
    misspelt = {**application, "spec": {**application["spec"], "restartPolizy": {"type": "Always"}}}
    with pytest.raises(jsonschema.ValidationError, match="restartPolizy"):
        check(misspelt)


@pytest.mark.parametrize("api", APIS)
def test_a_missing_operator_is_named_in_a_sentence(chart: Chart, api: str) -> None:
    said = chart.refusal({}, "everything", apis=[known for known in APIS if known != api])
    assert f"This cluster does not know {api}. Install " in said
    assert "or switch off what needs it" in said


def test_a_cluster_that_is_not_asked_knows_everything(chart: Chart) -> None:
    assert chart.template("gke", {"global": {"checkApis": False}}, apis=[])


@pytest.mark.parametrize("part", PARTS)
def test_every_part_can_be_switched_off(chart: Chart, rendered: Rendered, part: str) -> None:
    def made_by(resources: list[Resource]) -> set[tuple[str, str]]:
        return {(resource["kind"], resource["metadata"]["name"]) for resource in resources}

    without = made_by(chart.template("everything", {part: {"enabled": False}}))
    assert without < made_by(rendered("everything"))
    alone = {other: {"enabled": False} for other in PARTS if other != part}
    assert made_by(chart.template("everything", alone)) < made_by(rendered("everything"))


def test_one_version_for_the_chart_its_parts_and_the_packages() -> None:
    charts = [CHART / "Chart.yaml", *(CHART / "charts" / part / "Chart.yaml" for part in PARTS)]
    described = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in charts]
    versions = {chart[key] for chart in described for key in ("version", "appVersion")}
    versions |= {dependency["version"] for dependency in described[0]["dependencies"]}
    assert versions == {metadata.version("gridpulse-schema")}


def test_a_package_holds_all_that_it_needs(chart: Chart, rendered: Rendered, tmp_path: Path) -> None:
    """The contract's topics, the DDL, alert rules and DAGs are links in the repository, and files in the package."""
    done = chart.run("package", ".", "--destination", str(tmp_path))
    assert done.returncode == 0, done.stderr
    (package,) = tmp_path.glob("*.tgz")
    assert chart.template("everything", chart=package) == rendered("everything")


def test_notes_say_what_to_do_next(chart: Chart, tmp_path: Path) -> None:
    """Helm shows them only with a cluster; here they are the text of a ConfigMap."""
    copy = shutil.copytree(CHART, tmp_path / "gridpulse")
    notes = copy / "templates" / "NOTES.txt"
    text = textwrap.indent(notes.read_text(encoding="utf-8"), "    ")
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: notes\ndata:\n  text: |\n    notes: \n"
    (copy / "templates" / "notes.yaml").write_text(head + text, encoding="utf-8")

    def notes_of(profile: str) -> str:
        made = chart.template(profile, chart=copy)
        (found,) = (resource["data"]["text"] for resource in made if resource["metadata"]["name"] == "notes")
        return found

    everything, kind = notes_of("everything"), notes_of("kind")
    for said in (everything, kind):
        assert "helm test gridpulse --namespace power" in said
        assert "port-forward service/gridpulse-query-api 8080" in said
    assert ("open to whoever" in everything, "open to whoever" in kind) == (False, True)
    assert ("airflow-values.yaml" in everything, "airflow-values.yaml" in kind) == (True, False)
