"""Alert rules: understood by Prometheus, tested by example, about metrics that exist, each with a runbook."""

import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from gridpulse_platform.jars import REPOSITORY
from gridpulse_spark.lake.metrics import ArchiveMetrics
from gridpulse_spark.quality.reporting import DataQualityMetrics

FOLDER: Final = REPOSITORY / "grafana" / "rules"
RULES: Final = sorted(path for path in FOLDER.glob("*.yaml") if not path.stem.endswith("_test"))
TESTS: Final = [path.with_name(f"{path.stem}_test.yaml") for path in RULES]
OF_THE_PUSHGATEWAY: Final = {"push_time_seconds"}


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


def test_alerts_of_the_batch_side_are_about_metrics_that_the_jobs_push() -> None:
    registries = (ArchiveMetrics().registry, DataQualityMetrics().registry)
    pushed = {sample for registry in registries for metric in registry.collect() for sample in (metric.name,)}
    expressions = " ".join(alert["expr"] for alert in alerts(FOLDER / "batch.yaml").values())
    used = set(re.findall(r"\b(?:gridpulse|push)_\w+", expressions))
    assert used <= pushed | OF_THE_PUSHGATEWAY
    assert len(used) == 5
