"""Terraform's outputs as values of the chart. With the chart itself: tests/terraform."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from gridpulse_platform import gke_values
from gridpulse_platform.gke_values import OutputsError, chart_values, merged, read_outputs

ACCOUNT = "{}@power-test-1.iam.gserviceaccount.com"
POOL: dict[str, Any] = {"node_selector": {"gridpulse/pool": "stateful"}, "tolerations": []}
CHART: dict[str, Any] = {
    "project_id": "power-test-1",
    "zones": ["europe-west1-b", "europe-west1-c", "europe-west1-d"],
    "registry": "europe-west1-docker.pkg.dev/power-test-1/gridpulse",
    "warehouse": {"location": "EU", "dataset": "power"},
    "locations": {name: f"gs://{name}/{name}" for name in ("checkpoints", "lake", "results", "stage")},
    "kubernetes_accounts": {
        f"power/gridpulse-{name}": ACCOUNT.format(name)
        for name in ("ingester-daemon", "ingester", "query-api", "streaming", "spark")
    },
    "accounts": {},
    "release": {"name": "gridpulse", "namespace": "power"},
    "pools": {"stateful": POOL, "streaming": POOL},
    "api_host": None,
}


def printed(**changes: Any) -> str:
    return json.dumps({"chart": {"sensitive": False, "value": {**CHART, **changes}}, "registry": {"value": "x"}})


def test_every_workload_acts_as_its_own_account() -> None:
    values = chart_values(read_outputs(printed()))
    key = "iam.gke.io/gcp-service-account"
    assert values["streaming"]["serviceAccount"]["annotations"][key] == ACCOUNT.format("streaming")
    assert values["airflow"]["spark"]["serviceAccountAnnotations"][key] == ACCOUNT.format("spark")
    assert values["ingester"]["serviceAccount"]["annotations"][key] == ACCOUNT.format("ingester-daemon")


def test_a_rack_is_a_zone() -> None:
    racks = chart_values(read_outputs(printed()))["cassandra"]["cluster"]["racks"]
    assert [rack["nodeAffinityLabels"]["topology.kubernetes.io/zone"] for rack in racks] == CHART["zones"]


def test_an_api_without_a_host_has_no_route() -> None:
    assert chart_values(read_outputs(printed()))["query-api"]["httpRoute"] == {"enabled": False}
    there = chart_values(read_outputs(printed(api_host="power.example.org")))
    assert there["query-api"]["httpRoute"] == {"hostnames": ["power.example.org"]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nothing", "no JSON"),
        ("{}", "has this environment been applied"),
        (printed(zones=["a", "b"]), "another version of this repository: zones"),
        (printed(more=1), "another version of this repository: more"),
    ],
)
def test_what_is_wrong_is_said(text: str, sentence: str) -> None:
    with pytest.raises(OutputsError, match=sentence):
        read_outputs(text)


def test_your_values_win_and_leave_the_rest() -> None:
    values = chart_values(read_outputs(printed()))
    both = merged(values, {"cassandra": {"cluster": {"storageSize": "20Gi", "tolerations": []}}})
    assert both["cassandra"]["cluster"]["storageSize"] == "20Gi"
    assert both["cassandra"]["cluster"]["racks"] == values["cassandra"]["cluster"]["racks"]
    assert both["streaming"] == values["streaming"]


def test_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "gke-values.yaml"
    monkeypatch.setattr("sys.argv", ["gke_values", "-", str(file)])
    monkeypatch.setattr("sys.stdin", io.StringIO(printed()))
    assert gke_values.main() == 0
    mine = tmp_path / "mine.yaml"
    mine.write_text("- no values\n", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["gke_values", "--over", str(mine), "-", str(file)])
    monkeypatch.setattr("sys.stdin", io.StringIO(printed()))
    assert gke_values.main() == 1
    assert "has no values of a chart" in capsys.readouterr().err
    mine.write_text("streaming: {nodeSelector: null}\n", encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(printed()))
    assert gke_values.main() == 0
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["streaming"]["nodeSelector"] is None
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["global"]["images"]["registry"] == CHART["registry"]
    monkeypatch.setattr("sys.stdin", io.StringIO("{}"))
    assert gke_values.main() == 1
    assert "has this environment been applied" in capsys.readouterr().err
