"""Values of the chart for a cluster that Terraform made: what replaces the capitals of `values-gke.yaml`.

`python -m gridpulse_platform.gke_values ENVIRONMENT FILE` asks Terraform for the outputs of that folder and writes the
file; with `-` in place of the folder the outputs (`terraform output -json`) come from standard input. `--over VALUES`
puts a file of yours over them, since Skaffold takes one file of values more.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gridpulse_platform.errors import PlatformError
from gridpulse_platform.gotools import ensure_terraform
from gridpulse_platform.tools import run_quietly

__all__ = ["ChartOutput", "OutputsError", "chart_values", "main", "merged", "read_outputs"]

_ANNOTATION: Final = "iam.gke.io/gcp-service-account"
_ZONE_LABEL: Final = "topology.kubernetes.io/zone"
_HEAD: Final = "# Written by `make gke-values` from Terraform's outputs. What is yours beside it goes elsewhere.\n"
_OUTPUT: Final = "chart"


class OutputsError(PlatformError):
    """Terraform's outputs can't be had, or are not what the chart needs."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Release(_Strict):
    name: str
    namespace: str


class _Warehouse(_Strict):
    location: str
    dataset: str


class _Locations(_Strict):
    checkpoints: str
    lake: str
    results: str
    stage: str


class _Pool(_Strict):
    node_selector: dict[str, str]
    tolerations: list[dict[str, str]]


class _Pools(_Strict):
    stateful: _Pool
    streaming: _Pool


class ChartOutput(_Strict):
    """The output `chart` of an environment (infra/terraform/envs)."""

    project_id: str
    zones: list[str] = Field(min_length=3, max_length=3)
    registry: str
    warehouse: _Warehouse
    locations: _Locations
    kubernetes_accounts: dict[str, str]
    """namespace/name of an account of Kubernetes -> address of the service account that it acts as."""
    accounts: dict[str, str]
    release: _Release
    pools: _Pools
    api_host: str | None


def read_outputs(text: str) -> ChartOutput:
    """What `terraform output -json` printed. Raises OutputsError saying what it lacks."""
    try:
        outputs: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise OutputsError(f"Terraform's outputs are no JSON: {error}.") from None
    if _OUTPUT not in outputs:
        raise OutputsError(f"There is no output {_OUTPUT}: has this environment been applied?")
    try:
        return ChartOutput.model_validate(outputs[_OUTPUT]["value"])
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise OutputsError(f"The output {_OUTPUT} is of another version of this repository: {problems}.") from None


def chart_values(output: ChartOutput) -> dict[str, Any]:
    """Values that go over `values-gke.yaml`."""
    stateful, streaming = output.pools.stateful, output.pools.streaming

    def annotations(suffix: str) -> dict[str, str]:
        return {_ANNOTATION: output.kubernetes_accounts[f"{output.release.namespace}/{output.release.name}-{suffix}"]}

    terms = [{"key": key, "operator": "In", "values": [value]} for key, value in stateful.node_selector.items()]
    required = {"nodeSelectorTerms": [{"matchExpressions": terms}]}
    return {
        "global": {"images": {"registry": output.registry}},
        "kafka": {
            "nodePools": {
                "kafka": {
                    "tolerations": stateful.tolerations,
                    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
                }
            }
        },
        "cassandra": {
            "cluster": {
                "racks": [
                    {"name": f"rack{number}", "nodeAffinityLabels": {_ZONE_LABEL: zone, **stateful.node_selector}}
                    for number, zone in enumerate(output.zones, 1)
                ],
                "tolerations": stateful.tolerations,
            }
        },
        "ingester": {"serviceAccount": {"annotations": annotations("ingester-daemon")}},
        "streaming": {
            "checkpoint": {"location": output.locations.checkpoints},
            "serviceAccount": {"annotations": annotations("streaming")},
            "nodeSelector": streaming.node_selector,
            "tolerations": streaming.tolerations,
        },
        "query-api": {
            "serviceAccount": {"annotations": annotations("query-api")},
            "httpRoute": {"hostnames": [output.api_host]} if output.api_host else {"enabled": False},
        },
        "airflow": {
            "lake": {"location": output.locations.lake, "resultsLocation": output.locations.results},
            "warehouse": {
                "project": output.project_id,
                "location": output.warehouse.location,
                "stageLocation": output.locations.stage,
            },
            "spark": {"serviceAccountAnnotations": annotations("spark")},
            "ingester": {"serviceAccountAnnotations": annotations("ingester")},
        },
    }


def merged(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both, as Helm would: maps are merged, and of all else the second wins."""
    result = {**values, **over}
    for key in values.keys() & over.keys():
        if isinstance(values[key], Mapping) and isinstance(over[key], Mapping):
            result[key] = merged(values[key], over[key])
    return result


def _read_values(file: Path) -> dict[str, Any]:
    try:
        found: object = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise OutputsError(f"{file} can't be read: {error}") from None
    if not isinstance(found, dict):
        raise OutputsError(f"{file} has no values of a chart.")
    return cast("dict[str, Any]", found)


def _asked(environment: Path) -> str:
    done = run_quietly([str(ensure_terraform()), f"-chdir={environment}", "output", "-json"])
    if done.returncode != 0:
        raise OutputsError(f"Terraform has no outputs of {environment}: {done.stderr.strip()[-500:]}")
    return done.stdout


def main() -> int:
    """Write the file; 1, and a sentence, where that is not possible."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment", help="folder, as infra/terraform/envs/dev; or - for outputs on standard input")
    parser.add_argument("file", type=Path)
    parser.add_argument("--over", type=Path, help="values of yours, which win")
    arguments = parser.parse_args()
    try:
        text = sys.stdin.read() if arguments.environment == "-" else _asked(Path(arguments.environment))
        values = chart_values(read_outputs(text))
        if arguments.over:
            values = merged(values, _read_values(arguments.over))
    except PlatformError as error:
        sys.stderr.write(f"gke-values: {error}\n")
        return 1
    arguments.file.write_text(_HEAD + yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    sys.stdout.write(f"{arguments.file}: values for the chart, over charts/gridpulse/values-gke.yaml\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
