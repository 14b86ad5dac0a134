"""Days from end to end: Kafka, lake, Cassandra, analytics, data quality, and what the query API says of each."""

import math
from collections.abc import Generator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_contract.modes import MODES
from gridpulse_platform import CassandraNode, KafkaBroker, Service, free_port, loopback
from gridpulse_schema import migrate, open_session
from harness.appending import append, appended, create_trusting_topics
from harness.histories import disturbed, history
from harness.jobs import cassandra_settings, finished_job, run_job
from harness.prometheus import Pushgateway

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(900)]

KEYSPACE: Final = "days"
ZONES: Final = ("DE", "FR", "ES", "IT")
START: Final = date(2025, 12, 30)  # the history is of the hours around New Year
END: Final = date(2026, 1, 5)
TOLERANCE_MWH: Final = 1e-6


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("days")


@pytest.fixture(scope="module")
def pushgateway(pushgateway_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Pushgateway]:
    """Where the jobs say how far they are."""
    with Pushgateway(pushgateway_program, tmp_path_factory.mktemp("pushgateway")) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def settings(cassandra: CassandraNode, home: Path, pushgateway: Pushgateway) -> dict[str, str]:
    """Of the jobs."""
    return {
        **cassandra_settings(cassandra),
        "LAKE_LOCATION": str(home / "lake"),
        "RESULTS_LOCATION": str(home / "results"),
        "KEYSPACE": KEYSPACE,
        "METRICS_PUSH_URL": pushgateway.url,
    }


@pytest.fixture(scope="module")
def url(cassandra: CassandraNode, home: Path, settings: dict[str, str]) -> Generator[str]:
    """A query API over a keyspace that the jobs have filled: a made-up history in disorder, through the lake."""
    with open_session([cassandra.contact_points], port=cassandra.port) as session:
        migrate(session, keyspace=KEYSPACE, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    with KafkaBroker(home / "kafka") as kafka:
        create_trusting_topics(kafka.bootstrap_servers)
        append(kafka.bootstrap_servers, [appended(delivery, hour) for delivery in disturbed(history(11), 12)])
        where = {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers, "LAKE_LOCATION": settings["LAKE_LOCATION"]}
        where["METRICS_PUSH_URL"] = settings["METRICS_PUSH_URL"]
        run_job("archive_to_parquet.py", ["--hour", hour.isoformat()], where, "ARCHIVE")
    lake = {name: value for name, value in settings.items() if name not in ("RESULTS_LOCATION", "KEYSPACE")}
    run_job("rebuild_cassandra.py", ["--keyspace", KEYSPACE], lake, "REBUILD")
    run_job("analytics.py", ["--start", str(START), "--end", str(END)], settings, "ANALYTICS")
    run_job("data_quality.py", ["--day", "2026-01-01"], settings, "DATA_QUALITY")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    values = {**cassandra_settings(cassandra), "HOST": "127.0.0.1", "PORT": str(port), "KEYSPACE": KEYSPACE}
    environment = {f"GRIDPULSE_QUERY_API_{name}": value for name, value in values.items()}
    api = Service(
        "api", ["-m", "gridpulse_query_api"], home / "api.log", environment=environment, health_url=f"{address}/readyz"
    )
    with api:
        yield address


def midnight(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()


def ask(url: str, path: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = loopback.get(f"{url}{path}", params=parameters, timeout=30).raise_for_status()
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def test_jobs_say_how_far_they_are(url: str, pushgateway: Pushgateway) -> None:
    """What the alerts on the age of lake, analytics and verdicts are about."""
    assert url
    pushed = pushgateway.pushed()
    assert pushed["analytics", "gridpulse_analytics_day_timestamp_seconds"] == midnight(END - timedelta(days=1))
    assert pushed["data-quality", "gridpulse_data_quality_day_timestamp_seconds"] == midnight(date(2026, 1, 1))
    now = datetime.now(UTC).timestamp()
    assert now - 3 * 3600 < pushed["archive-to-parquet", "gridpulse_archive_end_timestamp_seconds"] <= now
    assert pushed["archive-to-parquet", "gridpulse_archive_kafka_retention_seconds"] > 0
    assert now - 600 < pushed["archive-to-parquet", "push_time_seconds"] <= now


@pytest.mark.parametrize("calendar", ["utc", "local"])
@pytest.mark.parametrize("zone", ZONES)
def test_days_made_by_spark_are_those_rolled_up_by_the_api(url: str, zone: str, calendar: str) -> None:
    made = {
        day["at"]: day for day in ask(url, f"/v1/zones/{zone}/energy/daily", start=START, end=END, calendar=calendar)
    }
    window = {"start": "2025-12-30T00:00:00Z", "end": "2026-01-05T00:00:00Z", "resolution": "day", "timezone": calendar}
    rolled_up = {day["at"]: day for day in ask(url, f"/v1/zones/{zone}/power-breakdown", **window) if day["rows"]}
    assert made.keys() == rolled_up.keys()
    assert len(made) >= 3
    for at, day in made.items():
        expected = rolled_up[at]
        for name in ("end", "updated_at", "kind", "measured_percent"):
            assert day[name] == expected[name], (at, name)
        coverage, expected_coverage = day["coverage_percent_by_value"], expected["coverage_percent_by_value"]
        for flow in ("production", "consumption"):
            for mode in MODES:
                _assert_same(day[f"{flow}_mwh"][mode], expected[f"{flow}_mwh"][mode])
                _assert_same(coverage[f"{flow}_mwh"][mode], expected_coverage[f"{flow}_mw"][mode])
        for flow in ("production", "consumption", "import", "export"):
            _assert_same(day[f"{flow}_total_mwh"], expected[f"{flow}_total_mwh"])
            _assert_same(coverage[f"{flow}_total_mwh"], expected_coverage[f"{flow}_total_mw"])


def test_verdicts_are_served(url: str) -> None:
    for zone in ZONES:
        verdicts = {row["rule"]: row for row in ask(url, f"/v1/zones/{zone}/data-quality", start=START, end=END)}
        assert {row["day"] for row in verdicts.values()} == {"2026-01-01"}
        assert len(verdicts) == 9
        assert verdicts["flip_flop"]["findings"] > 0  # what the history is known to do
        assert verdicts["repeat"]["severity"] == "ok"


@pytest.mark.parametrize(
    ("job", "prefix", "arguments", "changes", "code", "reason"),
    [
        ("analytics.py", "ANALYTICS", ["--start", "2999-01-01", "--end", "2999-01-02"], {}, 2, "has not begun"),
        ("analytics.py", "ANALYTICS", ["--start", "yesterday", "--end", "2026-01-02"], {}, 2, "invalid"),
        ("data_quality.py", "DATA_QUALITY", ["--day", "2999-01-01"], {}, 2, "has not begun"),
        ("data_quality.py", "DATA_QUALITY", ["--day", "2026-01-01"], {"LAKE_LOCATION": "none"}, 1, "no lake of ours"),
    ],
)  # fmt: skip
def test_what_can_not_be_done_is_said(
    job: str, prefix: str, arguments: list[str], changes: dict[str, str], code: int, reason: str,
    home: Path, settings: dict[str, str],
) -> None:  # fmt: skip
    where = {name: str(home / value) for name, value in changes.items()}
    results = home / "refused"
    done = finished_job(job, arguments, {**settings, **where, "RESULTS_LOCATION": str(results)}, prefix)
    assert done.returncode == code, done.stderr[-2000:]
    assert reason in done.stderr
    assert not results.exists()


def _assert_same(value: float | None, expected: float | None) -> None:
    assert (value is None) == (expected is None)
    if value is not None and expected is not None:
        assert math.isclose(value, expected, rel_tol=0, abs_tol=TOLERANCE_MWH)
