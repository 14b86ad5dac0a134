"""Every profile as a real API server with the operators' types sees it: every field known, every pod restricted."""

from collections.abc import Generator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest

from harness.chart import APIS, PROFILES, Chart, Resource, named, pods
from harness.kubernetes import Namespace, namespace

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

MAY_BE_MISSING: Final = "gateway.networking.k8s.io/"
"""A cluster of the tests need not have these types: it has no gateway."""


@pytest.fixture(scope="module")
def here(cluster: None) -> Generator[Namespace]:
    """A namespace that warns of every pod that is not restricted, whoever would make it."""
    with namespace("gridpulse-test-profiles") as made:
        made.kubectl("label", "namespace", made.name, "pod-security.kubernetes.io/warn=restricted")
        yield made


@pytest.fixture(scope="module")
def known(here: Namespace) -> set[str]:
    """group/version/Kind of what the cluster has."""
    lines = here.kubectl("api-resources", "--no-headers").splitlines()
    return {f"{line.split()[-3]}/{line.split()[-1]}" for line in lines}


def manifests(chart: Chart, profile: str, here: Namespace) -> list[Resource]:
    made = chart.template(profile)
    for resource in made:
        if "namespace" in resource["metadata"]:
            resource["metadata"]["namespace"] = here.name
    return made


@pytest.mark.parametrize("profile", PROFILES)
def test_the_server_takes_every_profile(helm: Path, here: Namespace, known: set[str], profile: str) -> None:
    assert {api for api in APIS if not api.startswith(MAY_BE_MISSING)} <= known
    made = manifests(Chart(helm), profile, here)
    asked = [each for each in made if f"{each['apiVersion']}/{each['kind']}" in known]
    left_out = [each["apiVersion"] for each in made if each not in asked]
    assert all(version.startswith(MAY_BE_MISSING) for version in left_out)
    here.apply(*(each for each in asked if each["kind"] == "ServiceAccount"))  # a pod is refused without its own
    assert here.validate(*asked) == []


def test_the_server_refuses_a_field_that_it_does_not_know(helm: Path, here: Namespace) -> None:
    topic = next(each for each in manifests(Chart(helm), "kind", here) if each["kind"] == "KafkaTopic")
    topic["spec"]["partition"] = 3
    with pytest.raises(AssertionError, match="partition"):
        here.validate(topic)


def test_the_server_warns_of_a_pod_that_is_not_restricted(helm: Path, here: Namespace) -> None:
    made = manifests(Chart(helm), "kind", here)
    (name, *_) = named(made, "Deployment")
    loose: Any = deepcopy(next(each for each in made if each["metadata"]["name"] == name))
    ((_, pod),) = pods([loose])
    del pod["spec"]["containers"][0]["securityContext"]
    assert any("allowPrivilegeEscalation" in warning for warning in here.validate(loose))
