"""From Cassandra to BigQuery as a scheduler runs it, with its settings: the node is real, BigQuery its stand-in."""

import json
import subprocess
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_contract.models import CarbonIntensityEvent, Event, PowerBreakdownEvent, Signal
from gridpulse_contract.modes import MODES
from gridpulse_platform import BigQueryStandIn, CassandraNode
from gridpulse_schema import migrate, open_session
from gridpulse_spark.warehouse.client import BigQuery
from gridpulse_spark.warehouse.settings import WarehouseSettings
from harness.histories import history
from harness.jobs import cassandra_settings, finished_job
from harness.prometheus import Pushgateway
from harness.storing import store
from harness.tables import places

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(900)]

KEYSPACE: Final = "warehouse"
DAY: Final = "2026-01-02"
TABLES: Final = ("power_breakdown", "power_breakdown_revisions", "carbon_intensity", "carbon_intensity_revisions")
CARBON: Final = "carbon_intensity_gco2eq_per_kwh"


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """A history around New Year, so that partitions of two years and of two months are read.

    In some histories two contents of one `updated_at` share a write timestamp too (one pair in a thousand does), and
    Cassandra then keeps the larger value of each cell; this one has none.
    """
    warehoused = (Signal.POWER_BREAKDOWN, Signal.CARBON_INTENSITY)
    return [event for event in history(4) if event.signal in warehoused]


@pytest.fixture(scope="module")
def pushgateway(pushgateway_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Pushgateway]:
    """Where the jobs say how far they are."""
    with Pushgateway(pushgateway_program, tmp_path_factory.mktemp("pushgateway")) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def settings(
    cassandra: CassandraNode,
    bigquery: BigQueryStandIn,
    pushgateway: Pushgateway,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    return {
        **cassandra_settings(cassandra),
        "KEYSPACE": KEYSPACE,
        "STAGE_LOCATION": str(tmp_path_factory.mktemp("stage")),
        "PROJECT": bigquery.project,
        "DATASET": "job",
        "STAGING_DATASET": "job_staging",
        "API_ENDPOINT": bigquery.endpoint,
        "RETRY_SECONDS": "5",
        "REQUIRE_PARTITION_FILTER": "false",
        "SUBTABLES_START": "2025-12-01",
        "METRICS_PUSH_URL": pushgateway.url,
    }


@pytest.fixture(scope="module")
def loaded(
    cassandra: CassandraNode, events: Sequence[Event], settings: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """The first load: Cassandra holds every revision, those outside of the window too."""
    with open_session([cassandra.contact_points], port=cassandra.port) as session:
        migrate(session, keyspace=KEYSPACE, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        outside = [event.model_copy(update={"at": datetime(2026, 1, 6, tzinfo=UTC)}) for event in events[:2]]
        store(session, KEYSPACE, [*events, *outside])
    return finished_job("load_bigquery.py", ["--day", DAY], settings, "WAREHOUSE")


@pytest.fixture(scope="module")
def client(settings: dict[str, str]) -> Generator[BigQuery]:
    opened = BigQuery(
        WarehouseSettings(
            stage_location="/nowhere",
            project=settings["PROJECT"],
            dataset=settings["DATASET"],
            api_endpoint=settings["API_ENDPOINT"],
            retry_seconds=5,
        )
    )
    yield opened
    opened.close()


def newest(events: Sequence[Event]) -> dict[tuple[object, ...], Event]:
    """Key -> the revision that wins."""
    ordered = sorted(events, key=lambda event: event.write_timestamp_us())
    return {event.key(): event for event in ordered}


def rows_of(client: BigQuery, table: str) -> list[dict[str, Any]]:
    return client.ask(f"SELECT * FROM {table} AS t WHERE t.at >= TIMESTAMP '2025-01-01' ORDER BY zone, t.at")  # noqa: S608


def test_the_load_says_how_far_it_is(loaded: subprocess.CompletedProcess[str], pushgateway: Pushgateway) -> None:
    assert loaded.returncode == 0, loaded.stderr[-4000:]
    day = datetime.fromisoformat(f"{DAY}T00:00:00+00:00")
    pushed = pushgateway.pushed()
    assert pushed["load-bigquery", "gridpulse_warehouse_day_timestamp_seconds"] == day.timestamp()


def test_every_row_of_the_window_arrives_once_and_is_reported(
    loaded: subprocess.CompletedProcess[str], events: Sequence[Event], client: BigQuery
) -> None:
    assert loaded.returncode == 0, loaded.stderr[-4000:]
    lines: list[dict[str, Any]] = [json.loads(line) for line in loaded.stdout.splitlines()]
    reports = {line["table"]: line for line in lines if "table" in line}
    places_by_table: dict[str, set[object]] = {table: set() for table in TABLES}
    for event in events:
        for table, key in places(event).items():
            places_by_table[table].add(key)
    for table in TABLES:
        expected = len(places_by_table[table])
        assert reports[table] == {
            "table": table, "read": expected, "staged": expected, "present": expected, "newer": 0,
        }  # fmt: skip
        assert len(rows_of(client, table)) == expected


def test_values_are_those_of_the_newest_revision_and_nan_is_null(
    loaded: subprocess.CompletedProcess[str], events: Sequence[Event], client: BigQuery
) -> None:
    assert loaded.returncode == 0
    winners = newest(events)
    rows = {
        (row["zone"], row.get("variant", ""), row["at"]): row
        for table in ("power_breakdown", "carbon_intensity")
        for row in rows_of(client, table)
    }
    assert len(rows) == len(winners)
    for event in winners.values():
        row = rows[(event.zone, event.variant, event.at)]
        assert row["write_timestamp_us"] == event.write_timestamp_us()
        assert row["updated_at"] == event.updated_at
        assert (row["kind"], row["estimation_method"]) == (event.kind, event.estimation_method)
        if isinstance(event, CarbonIntensityEvent):
            assert row[CARBON] == event.carbon_intensity_gco2eq_per_kwh
        else:
            assert isinstance(event, PowerBreakdownEvent)
            _check_power(event, row)


def _check_power(event: PowerBreakdownEvent, row: dict[str, Any]) -> None:
    for mode in MODES:
        assert row[f"prod_{mode}_mw"] == getattr(event.production_mw, mode)
        assert row[f"cons_{mode}_mw"] == getattr(event.consumption_mw, mode)
    assert row["production_total_mw"] == event.production_total_mw
    assert row["import_mw"] == [{"neighbour": name, "mw": event.import_mw[name]} for name in sorted(event.import_mw)]


def test_cassandra_is_read_by_key_and_range(loaded: subprocess.CompletedProcess[str]) -> None:
    plans = [line for line in loaded.stderr.splitlines() if "Cassandra Direct Join" in line]
    assert len(plans) == len(TABLES)
    for table, plan in zip(TABLES, plans, strict=True):
        assert f"{KEYSPACE}.{table} " in plan
        assert 'Pushed {("at" >= ?:2025-09-24 00:00:00.0), ("at" < ?:2026-01-06 00:00:00.0)}' in plan


def test_loading_again_changes_nothing(
    loaded: subprocess.CompletedProcess[str], settings: dict[str, str], client: BigQuery
) -> None:
    assert loaded.returncode == 0
    before = {table: rows_of(client, table) for table in TABLES}
    again = finished_job("load_bigquery.py", ["--day", DAY], settings, "WAREHOUSE")
    assert again.returncode == 0, again.stderr[-4000:]
    assert {table: rows_of(client, table) for table in TABLES} == before
    assert not list(Path(settings["STAGE_LOCATION"]).rglob("*.parquet"))


@pytest.mark.parametrize(
    ("changes", "arguments", "exit_code", "message"),
    [
        ({}, ["--day", "2999-01-01"], 2, "2999-01-01 is in the future"),
        ({"API_ENDPOINT": "http://127.0.0.1:9"}, ["--day", DAY], 1, "BigQuery (http://127.0.0.1:9) can't be used"),
        ({"KEYSPACE": "nowhere"}, ["--day", DAY], 1, "nowhere.power_breakdown can't be read from Cassandra"),
        ({"SPARK_CONF": '{"spark.sql.extensions": ""}'}, ["--day", DAY], 1, "power_breakdown can't be read"),
        ({"REQUIRE_PARTITION_FILTER": "true"}, ["--day", DAY], 1, "requires a partition filter: False, not True"),
    ],
)
def test_what_cannot_be_loaded_is_named_and_nothing_is_overwritten(
    loaded: subprocess.CompletedProcess[str],
    settings: dict[str, str],
    client: BigQuery,
    changes: dict[str, str],
    arguments: list[str],
    exit_code: int,
    message: str,
) -> None:
    assert loaded.returncode == 0
    before = rows_of(client, "carbon_intensity")
    done = finished_job("load_bigquery.py", arguments, {**settings, **changes}, "WAREHOUSE")
    assert done.returncode == exit_code, done.stderr[-4000:]
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert rows_of(client, "carbon_intensity") == before
