"""The chart, rendered as `helm install` would, without a cluster."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from gridpulse_platform.jars import REPOSITORY

__all__ = [
    "APIS",
    "CHART",
    "PARTS",
    "PROFILES",
    "Chart",
    "Container",
    "Resource",
    "containers",
    "environment",
    "named",
    "one",
    "pods",
]

CHART: Final = REPOSITORY / "charts" / "gridpulse"
PARTS: Final = ("airflow", "cassandra", "ingester", "kafka", "monitoring", "query-api", "standin", "streaming")
PROFILES: Final = {
    "default": [],
    "everything": ["ci/everything-values.yaml"],
    "gke": ["values-gke.yaml"],
    "kind": ["values-kind.yaml"],
    "minimal": ["values-minimal.yaml"],
}
"""Name -> values files."""
APIS: Final = (
    "gateway.networking.k8s.io/v1/HTTPRoute",
    "k8ssandra.io/v1alpha1/K8ssandraCluster",
    "kafka.strimzi.io/v1/Kafka",
    "kafka.strimzi.io/v1/KafkaTopic",
    "kafka.strimzi.io/v1/KafkaUser",
    "monitoring.coreos.com/v1/PodMonitor",
    "monitoring.coreos.com/v1/PrometheusRule",
    "monitoring.coreos.com/v1/ServiceMonitor",
    "sparkoperator.k8s.io/v1beta2/SparkApplication",
)
"""What a cluster with all operators knows."""
_TIMEOUT_SECONDS: Final = 60

Resource = dict[str, Any]
Container = dict[str, Any]


@dataclass(frozen=True)
class Chart:
    """`helm` on the chart."""

    helm: Path

    def run(self, *arguments: str, values: Mapping[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
        """Helm with these arguments; `values` win over those of its files."""
        last = [] if values is None else ["--values", "-"]
        return subprocess.run(
            [str(self.helm), *arguments, *last],
            check=False,
            cwd=CHART,
            input=json.dumps(values or {}),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
        )

    def try_template(
        self,
        profile: str = "default",
        values: Mapping[str, Any] | None = None,
        *,
        release: str = "gridpulse",
        apis: Sequence[str] = APIS,
        chart: Path = CHART,
    ) -> subprocess.CompletedProcess[str]:
        """What Helm makes of it, right or wrong."""
        files = [argument for name in PROFILES[profile] for argument in ("--values", str(CHART / name))]
        known = ["--api-versions", ",".join(apis)] if apis else []
        where = ["--namespace", "power", "--kube-version", "1.34"]
        return self.run("template", release, str(chart), *where, *files, *known, values=values or {})

    def template(
        self, profile: str = "default", values: Mapping[str, Any] | None = None, **options: Any
    ) -> list[Resource]:
        """The resources, tests included. An AssertionError has Helm's complaint."""
        done = self.try_template(profile, values, **options)
        assert done.returncode == 0, done.stderr
        return [resource for resource in yaml.load_all(done.stdout, yaml.CSafeLoader) if resource]

    def refusal(self, values: Mapping[str, Any], profile: str = "default", **options: Any) -> str:
        """Why Helm refuses the values; an AssertionError where it does not."""
        done = self.try_template(profile, values, **options)
        assert done.returncode != 0, "Helm took the values"
        return done.stderr


def pods(resources: Sequence[Resource]) -> Iterator[tuple[str, Resource]]:
    """Name and pod (metadata, spec) of whatever makes pods itself; those of operators' resources are not among them."""
    for resource in resources:
        name = f"{resource['kind']} {resource['metadata']['name']}"
        if resource["kind"] == "Pod":
            yield name, resource
        elif resource["kind"] in ("Deployment", "Job", "StatefulSet", "DaemonSet"):
            yield name, resource["spec"]["template"]
        elif resource["kind"] == "CronJob":
            yield name, resource["spec"]["jobTemplate"]["spec"]["template"]


def containers(resources: Sequence[Resource]) -> Iterator[tuple[str, Container]]:
    """Every container of ours; those of a SparkApplication in the form of its roles."""
    for name, pod in pods(resources):
        for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
            yield f"{name}: {container['name']}", container
    for resource in resources:
        if resource["kind"] == "SparkApplication":
            for role in ("driver", "executor"):
                yield f"SparkApplication {resource['metadata']['name']}: {role}", resource["spec"][role]


def one(resources: Sequence[Resource], kind: str, name: str = "") -> Resource:
    """The one resource of a kind whose name begins with `name`."""
    found = [each for each in resources if each["kind"] == kind and each["metadata"]["name"].startswith(name)]
    assert len(found) == 1, (kind, name, [each["metadata"]["name"] for each in found])
    return found[0]


def named(resources: Sequence[Resource], kind: str) -> dict[str, Any]:
    """The specs of a kind, by name."""
    return {each["metadata"]["name"]: each["spec"] for each in resources if each["kind"] == kind}


def environment(resources: Sequence[Resource], kind: str, name: str) -> dict[str, Any]:
    """Variables of the first container, or of a SparkApplication's driver: a value, or where it comes from."""
    resource = one(resources, kind, name)
    spec = resource["spec"]["template"]["spec"] if kind in ("Deployment", "Job") else resource["spec"]["driver"]
    env = spec["containers"][0]["env"] if kind in ("Deployment", "Job") else spec["env"]
    return {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in env}
