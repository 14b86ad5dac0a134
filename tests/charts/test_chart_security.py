"""What every pod may do, and whom it may talk to: as little as possible, in every profile."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from harness.chart import PROFILES, Chart, Resource, containers, pods

every_profile: Final = pytest.mark.parametrize("profile", PROFILES)
Rendered = Callable[[str], list[Resource]]

USER_ID: Final = 10001
ASKS_KUBERNETES: Final = {"gridpulse-streaming", "gridpulse-spark"}
"""Accounts of Spark drivers, which make their executors."""


def components(resources: list[Resource]) -> dict[str, dict[str, str]]:
    """The labels of every pod of ours, by what makes it."""
    found = {name: pod["metadata"]["labels"] for name, pod in pods(resources)}
    for resource in resources:
        if resource["kind"] == "SparkApplication":
            found |= {f"Spark {role}": resource["spec"][role]["labels"] for role in ("driver", "executor")}
    return found


def of_kind(resources: list[Resource], kind: str) -> dict[str, Resource]:
    return {resource["metadata"]["name"]: resource for resource in resources if resource["kind"] == kind}


@every_profile
def test_no_pod_is_root_or_has_rights_on_its_node(rendered: Rendered, profile: str) -> None:
    specs = {name: pod["spec"]["securityContext"] for name, pod in pods(rendered(profile))}
    for resource in of_kind(rendered(profile), "SparkApplication").values():
        specs |= {role: resource["spec"][role]["podSecurityContext"] for role in ("driver", "executor")}
    assert len(specs) > 3
    for name, context in specs.items():
        assert context["runAsNonRoot"] is True, name
        assert (context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (USER_ID,) * 3, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name


@every_profile
def test_no_container_can_write_its_image_or_gain_rights(rendered: Rendered, profile: str) -> None:
    found = dict(containers(rendered(profile)))
    assert len(found) > 3
    for name, container in found.items():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert "tmp" in [mount["name"] for mount in container["volumeMounts"]], name


@every_profile
def test_every_pod_has_requests_and_a_limit_of_memory(rendered: Rendered, profile: str) -> None:
    for name, pod in pods(rendered(profile)):
        for container in pod["spec"]["containers"]:
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), name
            assert "memory" in container["resources"]["limits"], name


@every_profile
def test_only_spark_drivers_get_a_token_of_kubernetes(rendered: Rendered, profile: str) -> None:
    resources = rendered(profile)
    accounts = of_kind(resources, "ServiceAccount")
    assert {name for name, account in accounts.items() if account["automountServiceAccountToken"]} <= ASKS_KUBERNETES
    for name, pod in pods(resources):
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        assert pod["spec"]["serviceAccountName"] in accounts, name
        assert pod["spec"]["enableServiceLinks"] is False, name


@every_profile
def test_roles_name_what_they_allow(rendered: Rendered, profile: str) -> None:
    assert not of_kind(rendered(profile), "ClusterRole")
    for name, role in of_kind(rendered(profile), "Role").items():
        for rule in role["rules"]:
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]], name
            assert not {"secrets", "pods/exec"} & set(rule["resources"]), name


@every_profile
def test_secrets_are_named_and_not_made(rendered: Rendered, profile: str) -> None:
    made = of_kind(rendered(profile), "Secret")
    assert made.keys() <= {"gridpulse-standin"}  # the name of one of the stand-in's plans
    for name, container in containers(rendered(profile)):
        for variable in container.get("env", ()):
            if (
                any(word in variable["name"] for word in ("PASSWORD", "TOKEN", "SECRET"))
                and "FILE" not in variable["name"]
            ):
                assert "secretKeyRef" in variable["valueFrom"], (name, variable)
    for name, config in of_kind(rendered(profile), "ConfigMap").items():
        assert not [key for key in config["data"] if key.endswith(("PASSWORD", "TOKEN"))], name


@every_profile
def test_images_have_a_version(rendered: Rendered, profile: str) -> None:
    images = {name: container["image"] for name, container in containers(rendered(profile)) if "image" in container}
    images |= {name: each["spec"]["image"] for name, each in of_kind(rendered(profile), "SparkApplication").items()}
    for name, image in images.items():
        tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
        assert tag not in ("", "latest"), (name, image)


@every_profile
def test_selectors_find_their_pods_and_hold_no_version(rendered: Rendered, profile: str) -> None:
    resources = rendered(profile)
    labels = components(resources)
    stable = {
        "app.kubernetes.io/name",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/component",
        "gridpulse/instance",
    }
    for resource in resources:
        selector: Any = resource.get("spec", {}).get("selector")
        if resource["kind"] in ("Deployment", "PodDisruptionBudget"):
            selector = selector["matchLabels"]
        elif resource["kind"] != "Service":
            continue
        assert selector.keys() <= stable, resource["metadata"]["name"]
        assert any(selector.items() <= pod.items() for pod in labels.values()), resource["metadata"]["name"]


@every_profile
def test_every_resource_has_the_labels_by_which_tools_find_it(rendered: Rendered, profile: str) -> None:
    for resource in rendered(profile):
        labels = resource["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "gridpulse"
        assert labels["app.kubernetes.io/instance"] == "gridpulse"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/version"]
        assert labels["app.kubernetes.io/component"]


@every_profile
def test_nobody_talks_to_anybody_but_by_name(rendered: Rendered, profile: str) -> None:
    policies = of_kind(rendered(profile), "NetworkPolicy")
    deny = policies["gridpulse-default-deny"]["spec"]
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny
    assert [port["port"] for rule in deny["egress"] for port in rule["ports"]] == [53, 53]
    for name, labels in components(rendered(profile)).items():
        assert deny["podSelector"]["matchLabels"].items() <= labels.items(), name
        own = [
            policy
            for policy in policies.values()
            if policy["spec"]["podSelector"]["matchLabels"].get("app.kubernetes.io/component")
            == labels["app.kubernetes.io/component"]
        ]
        assert own, name
    for name, policy in policies.items():
        for rule in (*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())):
            # A rule of nothing would open everything, and so would an empty list of peers.
            assert rule.get("ports") or rule.get("to") or rule.get("from"), name
            assert rule.get("to") != [], name
            assert rule.get("from") != [], name


OPENINGS: Final = {
    ("ingester", "kafka"): 9093,
    ("streaming", "kafka"): 9093,
    ("spark", "kafka"): 9093,
    ("streaming", "cassandra"): 9042,
    ("spark", "cassandra"): 9042,
    ("query-api", "cassandra"): 9042,
    ("migration", "cassandra"): 9042,
    ("ingester", "standin"): 8090,
    ("ingester", "query-api"): 8080,
    ("spark", "query-api"): None,
    ("test", "query-api"): 8080,
    ("kafka-ui", "kafka"): 9093,
}
"""Who talks to whom, on which port (None: any); the default of every part."""
STORES: Final = {
    "kafka": {"strimzi.io/cluster": "gridpulse", "strimzi.io/kind": "Kafka"},
    "cassandra": {"k8ssandra.io/cluster-name": "gridpulse"},
}


def test_these_are_all_the_ways_between_our_pods_and_stores(rendered: Rendered) -> None:
    policies = of_kind(rendered("everything"), "NetworkPolicy").values()
    found: dict[tuple[str, str], int | None] = {}
    for policy in policies:
        source = policy["spec"]["podSelector"]["matchLabels"].get("app.kubernetes.io/component")
        for rule in policy["spec"].get("egress", ()):
            for peer in rule.get("to", ()):
                labels = peer.get("podSelector", {}).get("matchLabels", {})
                target = labels.get("app.kubernetes.io/component") or next(
                    (store for store, known in STORES.items() if labels == known), None
                )
                if target and target != source:
                    found[source, target] = rule["ports"][0]["port"] if "ports" in rule else None
    assert found == OPENINGS


def test_policies_can_be_left_to_others(chart: Chart) -> None:
    resources = chart.template("everything", {"global": {"networkPolicy": {"enabled": False}}})
    assert not of_kind(resources, "NetworkPolicy")
    (kafka,) = of_kind(resources, "Kafka").values()
    assert "networkPolicyPeers" not in kafka["spec"]["kafka"]["listeners"][0]
