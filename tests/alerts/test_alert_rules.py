"""Alert rules: understood by Prometheus, tested by example, about metrics that exist, each with a runbook."""

import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import CollectorRegistry

from gridpulse_ingester.metrics import Metrics as IngesterMetrics
from gridpulse_platform.jars import REPOSITORY
from gridpulse_query_api.metrics import Metrics as QueryApiMetrics
from gridpulse_spark.batch_metrics import DayMetrics
from gridpulse_spark.lake.metrics import ArchiveMetrics
from gridpulse_spark.monitoring import StreamingMetrics
from gridpulse_spark.quality.reporting import DataQualityMetrics

FOLDER: Final = REPOSITORY / "grafana" / "rules"
RULES: Final = sorted(path for path in FOLDER.glob("*.yaml") if not path.stem.endswith("_test"))
TESTS: Final = [path.with_name(f"{path.stem}_test.yaml") for path in RULES]
OF_OTHERS: Final = {
    "push_time_seconds",  # the Pushgateway
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
    "kafka_server_replicamanager_underreplicatedpartitions",  # Strimzi's metrics reporter, with the chart's allow list
    "kafka_controller_kafkacontroller_offlinepartitionscount",
    "strimzi_certificate_expiration_timestamp_ms",  # Strimzi's operator
    "certmanager_certificate_expiration_timestamp_seconds",
}
"""As their programs document them; none of these can run here."""


def alerts(path: Path) -> dict[str, dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def promtool_says(promtool: Path, *arguments: str) -> None:
    command = [str(promtool), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_prometheus_understands_the_rules(promtool: Path, path: Path) -> None:
    promtool_says(promtool, "check", "rules", "--lint-fatal", str(path))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_are_raised_when_they_should_be_and_only_then(promtool: Path, path: Path) -> None:
    promtool_says(promtool, "test", "rules", str(path))


@pytest.mark.parametrize(("rules", "tests"), list(zip(RULES, TESTS, strict=True)), ids=lambda path: path.stem)
def test_every_alert_is_seen_raised_by_a_test(rules: Path, tests: Path) -> None:
    examples = yaml.safe_load(tests.read_text(encoding="utf-8"))["tests"]
    raised = {case["alertname"] for test in examples for case in test["alert_rule_test"] if case["exp_alerts"]}
    assert raised == alerts(rules).keys()


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_alert_leads_to_a_page_that_says_what_to_do(path: Path) -> None:
    for name, alert in alerts(path).items():
        page = (REPOSITORY / alert["annotations"]["runbook_url"]).read_text(encoding="utf-8")
        assert page.startswith(f"# {name}\n")
        for part in ("## What it means", "## What to do"):
            assert part in page, (name, part)


def our_metrics() -> set[str]:
    """Every name that a program of ours exposes or pushes, with those of counters and histograms."""
    streaming = CollectorRegistry()
    StreamingMetrics(streaming)
    registries = (
        ArchiveMetrics().registry,
        DataQualityMetrics().registry,
        DayMetrics("analytics").registry,
        DayMetrics("warehouse").registry,
        IngesterMetrics().registry,
        QueryApiMetrics().registry,
        streaming,
    )
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    return {
        f"{metric.name}{suffix}"
        for registry in registries
        for metric in registry.collect()
        for suffix in suffixes.get(metric.type, ("",))
    }


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_alerts_are_about_metrics_that_exist(path: Path) -> None:
    expressions = " ".join(alert["expr"] for alert in alerts(path).values())
    used = set(re.findall(r"\b[a-z]+_[a-z_]+_(?:seconds|total|bytes|ms|[a-z]+)(?=[\s{)\[]|$)", expressions))
    used -= {"min_over_time", "label_replace"}
    assert used <= our_metrics() | OF_OTHERS
    assert len(used) >= 4


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_alert_says_how_bad_it_is(path: Path) -> None:
    for name, alert in alerts(path).items():
        assert alert["labels"]["severity"] in ("critical", "warning"), name
        assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}, name


def test_the_names_of_alerts_and_pages_are_their_own() -> None:
    names = [(name, alert["annotations"]["runbook_url"]) for path in RULES for name, alert in alerts(path).items()]
    assert len({name for name, _ in names}) == len({page for _, page in names}) == len(names)
    assert {page.removeprefix("docs/runbooks/") for _, page in names} == {
        path.name for path in (REPOSITORY / "docs" / "runbooks").glob("*.md")
    }
