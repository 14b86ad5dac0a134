"""The outputs of an applied environment, as values over `values-gke.yaml`: the chart takes them all."""

import json
import re
from typing import Any, Final

import pytest
import yaml

from gridpulse_platform.gke_values import chart_values, merged, read_outputs
from harness.chart import Chart, Resource, environment, named, one
from harness.manifests import check_against_kubernetes
from harness.terraform import TERRAFORM

pytestmark = pytest.mark.terraform

_ACCOUNT: Final = "iam.gke.io/gcp-service-account"
_OTHERS: Final = re.compile(r"(?<![A-Z_])(PROJECT|BUCKET|REGION)(?![A-Z_])")


@pytest.fixture(scope="module")
def output(applied: dict[str, Any]) -> dict[str, Any]:
    """The output `chart` of the smaller environment; its release is in the namespace that `Chart` renders for."""
    return applied["dev"]["outputs"]["chart"]["value"]


@pytest.fixture(scope="module")
def release(helm: Any, output: dict[str, Any]) -> list[Resource]:
    """What would be installed."""
    return Chart(helm).template("gke", chart_values(read_outputs(json.dumps({"chart": {"value": output}}))))


def test_nothing_in_capitals_is_left(release: list[Resource]) -> None:
    left = {line.strip() for line in json.dumps(release, indent=1).splitlines() if _OTHERS.search(line)}
    assert left == set()


def test_the_profile_alone_has_such_capitals(helm: Any) -> None:
    """Else the test above would see nothing."""
    assert re.search(r"gs://BUCKET/", json.dumps(Chart(helm).template("gke")))


def test_accounts_of_kubernetes_are_those_that_act_as_google_s(
    release: list[Resource], applied: dict[str, Any], output: dict[str, Any]
) -> None:
    """Each account with an annotation is one that the chart makes, with its binding; each binding has its account."""
    made = {
        f"power/{each['metadata']['name']}": each["metadata"].get("annotations", {}).get(_ACCOUNT)
        for each in release
        if each["kind"] == "ServiceAccount"
    }
    assert {name: account for name, account in made.items() if account} == output["kubernetes_accounts"]
    bindings = {
        (binding["values"]["member"], binding["values"]["service_account_id"].rsplit("/", 1)[1])
        for binding in _bindings(applied["dev"])
    }
    assert bindings == {
        (f"serviceAccount:power-test-1.svc.id.goog[{name}]", account) for name, account in made.items() if account
    }


def _bindings(state: dict[str, Any]) -> list[dict[str, Any]]:
    (module,) = (each for each in state["root_module"]["child_modules"] if each["address"] == "module.identity")
    return [each for each in module["resources"] if each["type"] == "google_service_account_iam_member"]


def test_every_image_of_ours_is_from_the_registry(release: list[Resource], output: dict[str, Any]) -> None:
    images = set(re.findall(r'"image": "([^"]*/gridpulse/[a-z-]+:[^"]*)"', json.dumps(release)))
    assert len(images) >= 4
    assert {image for image in images if not image.startswith(f"{output['registry']}/gridpulse/")} == set()


def test_places_are_where_the_jobs_look(release: list[Resource], output: dict[str, Any]) -> None:
    streaming = environment(release, "SparkApplication", "gridpulse-streaming")
    assert streaming["GRIDPULSE_STREAMING_CHECKPOINT_LOCATION"] == output["locations"]["checkpoints"]
    settings = json.dumps(release)
    for place in ("lake", "results", "stage"):
        assert output["locations"][place] in settings


def test_stores_are_on_their_machines_one_in_each_zone(release: list[Resource], output: dict[str, Any]) -> None:
    (pool,) = named(release, "KafkaNodePool").values()
    pod = pool["template"]["pod"]
    label = output["pools"]["stateful"]["node_selector"]
    ((key, value),) = label.items()
    (term,) = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [{"key": key, "operator": "In", "values": [value]}]
    assert pod["tolerations"] == output["pools"]["stateful"]["tolerations"]
    cassandra = one(release, "K8ssandraCluster")["spec"]["cassandra"]
    racks = cassandra["datacenters"][0]["racks"]
    zones = [rack["nodeAffinityLabels"].pop("topology.kubernetes.io/zone") for rack in racks]
    assert zones == output["zones"]
    assert all(rack["nodeAffinityLabels"] == label for rack in racks)
    assert cassandra["tolerations"] == output["pools"]["stateful"]["tolerations"]
    driver = one(release, "SparkApplication")["spec"]["driver"]
    assert driver["nodeSelector"] == output["pools"]["streaming"]["node_selector"]
    assert driver["tolerations"] == output["pools"]["streaming"]["tolerations"]


def test_small_values_go_over_it(helm: Any, output: dict[str, Any]) -> None:
    small = yaml.safe_load((TERRAFORM / "envs/dev/examples/dev-values.yaml").read_text(encoding="utf-8"))
    values = merged(chart_values(read_outputs(json.dumps({"chart": {"value": output}}))), small)
    (pool,) = named(Chart(helm).template("gke", values), "KafkaNodePool").values()
    assert pool["storage"]["volumes"][0]["size"] == "20Gi"
    assert pool["template"]["pod"]["tolerations"]


def test_kubernetes_knows_every_field(release: list[Resource]) -> None:
    assert check_against_kubernetes(release, "1.34") > 10
