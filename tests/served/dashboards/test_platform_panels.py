"""Every PromQL of a panel on a real Prometheus that scrapes the running pipeline.

What batch jobs push is pushed here by the jobs' own classes, to a real Pushgateway. Strimzi's, K8ssandra's and the
kubelet's exporters can't run here: their queries are parsed by Prometheus, and their metrics are only compared with
documented names.
"""

import math
import re
from collections.abc import Generator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest

from gridpulse_grafana.queries import PROMETHEUS
from gridpulse_platform import wait_until
from gridpulse_platform.jars import REPOSITORY
from gridpulse_spark.batch_metrics import DayMetrics, push_metrics
from gridpulse_spark.lake.metrics import ArchiveMetrics
from gridpulse_spark.quality.reporting import DataQualityMetrics
from harness.grafana import Target, targets
from harness.pipeline import ZONES
from harness.prometheus import Alert, Prometheus, Pushgateway

from .conftest import Served

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(400)]

ALL: Final = targets(PROMETHEUS.plugin)
RULES: Final = [
    path for path in sorted((REPOSITORY / "grafana" / "rules").glob("*.yaml")) if not path.stem.endswith("_test")
]
ARCHIVED_UNTIL: Final = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
JUDGED: Final = datetime.now(UTC).date() - timedelta(days=1)
OF_KUBERNETES: Final = {
    # Strimzi's metrics reporter, with the allow list of the chart
    "kafka_server_brokertopicmetrics_messagesinpersec_total",
    "kafka_server_replicamanager_underreplicatedpartitions",
    "kafka_controller_kafkacontroller_offlinepartitionscount",
    # the management API's agent in K8ssandra's Cassandra
    "org_apache_cassandra_metrics_client_request_latency",
    # the kubelet
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
}
_METRIC: Final = re.compile(r"\b(?:gridpulse|kafka|org_apache|kubelet)_\w+")
# A counter has no series before it has counted something, and the stand-in's answers have no field that is not known.
NOTHING_YET: Final = {"gridpulse_ingester_unrecognised_fields_total"}


@pytest.fixture(scope="module")
def pushgateway(pushgateway_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Pushgateway]:
    """With the last word of each batch job."""
    archive, verdicts = ArchiveMetrics(), DataQualityMetrics()
    archive.set_reach("power-breakdown", ARCHIVED_UNTIL, 14 * 86400)
    verdicts.set_findings("DE", "gaps", "error", 7)
    verdicts.set_findings("DE", "flat", "ok", 0)
    verdicts.set_day(datetime.combine(JUDGED, time(), UTC).timestamp())
    with Pushgateway(pushgateway_program, tmp_path_factory.mktemp("pushgateway")) as gateway:
        archive.push(gateway.url, "archive-to-parquet")
        push_metrics(verdicts.registry, gateway.url, "data-quality")
        for of, job in (("analytics", "analytics"), ("warehouse", "load-bigquery")):
            metrics = DayMetrics(of)
            metrics.set_day(JUDGED)
            metrics.push(gateway.url, job)
        yield gateway


@pytest.fixture(scope="module")
def prometheus(
    served: Served, pushgateway: Pushgateway, prometheus_program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Prometheus]:
    stack = served.pipeline.stack
    scraped = {"pushgateway": pushgateway.address}
    for part in (stack.ingester, stack.streaming, stack.query_api):
        url = httpx.URL(part.health_url or "")
        scraped[part.name.replace(" ", "-")] = f"{url.host}:{url.port}"
    home = tmp_path_factory.mktemp("prometheus")
    with Prometheus(prometheus_program, home, scraped, RULES) as running:
        wait_until(running.are_targets_up, 30, "every target scraped")
        served.pipeline.inject(fault="malformed-row", count=4, path="*/history", zones=["FR"])
        try:
            wait_until(lambda: running.query("gridpulse_ingester_dead_letters_total > 0"), 30, "a dead letter")
        finally:
            served.pipeline.clear_faults()
        yield running


def metrics_of(target: Target) -> set[str]:
    return set(_METRIC.findall(target.query["expr"]))


def by_name(target: Target) -> str:
    return target.name


def find(dashboard: str, title: str, ref_id: str = "A") -> Target:
    (found,) = (
        target
        for target in ALL
        if (target.dashboard, target.panel["title"], target.query["refId"]) == (f"gridpulse-{dashboard}", title, ref_id)
    )
    return found


def ask(prometheus: Prometheus, served: Served, target: Target) -> list[tuple[dict[str, str], float]]:
    """Samples of now; while the pipeline polls, every query has something to say within seconds."""
    text = served.live.fill(target.query["expr"])

    def asked() -> list[tuple[dict[str, str], float]]:
        served.api("/v1/zones/DE/power-breakdown")  # so that the API has something to measure
        return prometheus.query(text)

    return wait_until(asked, 30, text)


@pytest.mark.parametrize("target", ALL, ids=by_name)
def test_every_query_gives_samples(served: Served, prometheus: Prometheus, target: Target) -> None:
    used = metrics_of(target)
    assert used
    if used <= OF_KUBERNETES | NOTHING_YET:
        assert prometheus.query(served.live.fill(target.query["expr"])) == []
        return
    assert not used & OF_KUBERNETES
    samples = ask(prometheus, served, target)
    labels = set(re.findall(r"\{\{(\w+)\}\}", target.query["legendFormat"]))
    for sample, _ in samples:
        assert labels <= sample.keys()
    assert len({tuple(sorted(sample.items())) for sample, _ in samples}) == len(samples)


def test_the_age_is_that_of_the_api(served: Served, prometheus: Prometheus) -> None:
    samples = ask(prometheus, served, find("zone", "Age of the newest data"))
    ages = {labels["signal"]: value for labels, value in samples}
    assert ages.keys() >= {"power-breakdown", "carbon-intensity"}
    for signal, age in ages.items():
        rows = served.api(
            f"/v1/zones/DE/{signal}",
            start=served.live.start.isoformat(),
            end=(served.now + timedelta(hours=1)).isoformat(),
        )
        newest = max(datetime.fromisoformat(row["at"]) for row in rows)
        assert age == pytest.approx((datetime.now(UTC) - newest).total_seconds(), abs=30)


def test_measured_data_are_older_than_estimates(served: Served, prometheus: Prometheus) -> None:
    age, measured = (
        {
            (labels["zone"], labels["signal"]): value
            for labels, value in ask(prometheus, served, find("platform", title))
        }
        for title in ("Age of the newest data by zone", "Age of the newest measured data by zone")
    )
    assert measured.keys() <= age.keys()
    assert all(measured[key] >= age[key] - 5 for key in measured)


def test_the_lake_and_the_days(served: Served, prometheus: Prometheus) -> None:
    title = "Age of lake, analytics and warehouse"
    (lake, *days) = (ask(prometheus, served, find("platform", title, ref_id)) for ref_id in "ABCD")
    midnight = datetime.combine(JUDGED, time(), UTC)
    for ((_, age),), since in ((lake, ARCHIVED_UNTIL), *((day, midnight) for day in days)):
        assert age == pytest.approx((datetime.now(UTC) - since).total_seconds(), abs=30)


def test_findings_that_are_ok_are_not_shown(served: Served, prometheus: Prometheus) -> None:
    samples = ask(prometheus, served, find("data-quality", "Findings of the newest day"))
    assert [(labels["rule"], value) for labels, value in samples] == [("gaps", 7)]


def test_dead_letters_are_counted_by_reason(served: Served, prometheus: Prometheus) -> None:
    samples = ask(prometheus, served, find("data-quality", "Dead letters by reason"))
    assert {labels["reason"] for labels, _ in samples} == {"bad-value"}


def test_every_alert_works_on_the_running_platform(prometheus: Prometheus) -> None:
    def evaluated() -> dict[str, Alert]:
        alerts = prometheus.alerts()
        return alerts if all(alert.health != "unknown" for alert in alerts.values()) else {}

    alerts = wait_until(evaluated, 30, "every rule evaluated")
    assert {name: alert.health for name, alert in alerts.items() if alert.health != "ok"} == {}
    # The source's clock stands three weeks behind ours, one zone sends what can't be read, and a day was judged bad.
    found = {name for name, alert in alerts.items() if alert.state != "inactive"}
    old = {"GridPulseDataOld", "GridPulseMeasuredDataOld", "GridPulseForecastOld"}
    assert {*old, "GridPulseDataQualityError"} <= found
    assert {labels["zone"] for labels in alerts["GridPulseDataOld"].found} == set(ZONES)
    assert [labels["rule"] for labels in alerts["GridPulseDataQualityError"].found] == ["gaps"]
    # What is well: reads, answers, the stream, the lake, the days. What can't be scraped here raises nothing either.
    assert found <= {*old, "GridPulseDataQualityError", "GridPulseDeadLetters"}


def test_a_broken_query_is_found(prometheus: Prometheus) -> None:
    with pytest.raises(AssertionError, match="parse error"):
        prometheus.query("sum by (zone (gridpulse_ingester_newest_at_timestamp_seconds)")
    assert prometheus.query("gridpulse_ingester_no_such_metric") == []


def test_the_stream_is_not_behind_and_has_a_batch_time(served: Served, prometheus: Prometheus) -> None:
    panel = find("platform", "Time of a batch")

    def is_well() -> bool:
        # A signal that had no batch in the time that is looked at, as forecasts may, has no quantile.
        seconds = [value for _, value in ask(prometheus, served, panel) if not math.isnan(value)]
        return len(seconds) >= 2 and all(0 < value <= 64 for value in seconds)

    served.pipeline.set_clock(speed=1800)  # an hour of the source's time in two seconds, so that there are batches
    try:
        wait_until(is_well, 60, "a batch's time")
    finally:
        served.pipeline.set_clock(speed=0)
    behind = find("platform", "Messages behind")
    wait_until(lambda: all(value == 0 for _, value in ask(prometheus, served, behind)), 30, "the stream to catch up")
