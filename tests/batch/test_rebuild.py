"""The lake alone refills Cassandra: every value and every write time as the stream wrote them."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_contract.models import Event
from gridpulse_platform import CassandraNode, KafkaBroker, Service, free_port, loopback, wait_until
from gridpulse_schema import migrate, open_session
from harness.appending import append, appended, create_trusting_topics
from harness.histories import Delivery, disturbed, history
from harness.jobs import cassandra_settings, run_job
from harness.source import events_of_a_day
from harness.streaming import streaming_driver
from harness.tables import TABLES, Cell, Key, places, table_cells, write_times

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(900)]

REPLICATION: Final[dict[str, str | int]] = {"class": "NetworkTopologyStrategy", "dc1": 1}
DEADLINE_SECONDS: Final = 300
ZONES: Final = ("FR", "ES")  # `history` tells of them too, in other hours

Keyspace = dict[str, dict[Key, dict[str, Cell]]]


@pytest.fixture(scope="module")
def session(cassandra: CassandraNode) -> Generator[Any]:
    with open_session([cassandra.contact_points], port=cassandra.port) as opened:
        yield opened


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rebuild")


@pytest.fixture(scope="module")
def real_events(home: Path) -> list[Event]:
    """Events with the source's own rows in them, which today's parser can read again."""
    return events_of_a_day(ZONES, home / "standin.log")


@pytest.fixture(scope="module")
def streamed(session: Any, cassandra: CassandraNode, home: Path, real_events: list[Event]) -> Keyspace:
    """What the stream made of a log that is in the lake now: real events, and a made-up history in disorder."""
    made_up = disturbed(history(5, hours=12), 6)
    deliveries = [*(Delivery(event, event.updated_at) for event in real_events), *made_up]
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=4)
    step = timedelta(hours=3) / len(deliveries)
    migrate(session, keyspace="streamed", replication=REPLICATION)
    with KafkaBroker(home / "kafka") as kafka:
        create_trusting_topics(kafka.bootstrap_servers)
        append(
            kafka.bootstrap_servers,
            [appended(delivery, start + number * step) for number, delivery in enumerate(deliveries)],
        )
        with streaming_driver(kafka, cassandra, "streamed", home):
            wait_until(
                lambda: _has_all(session, [delivery.event for delivery in deliveries]),
                DEADLINE_SECONDS,
                "every newest revision",
                pause_seconds=1,
            )
        through = (start + timedelta(hours=3)).isoformat()
        run_job(
            "archive_to_parquet.py",
            ["--hour", through],
            {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers, "LAKE_LOCATION": str(home / "lake")},
            "ARCHIVE",
        )
    return _cells(session, "streamed")


@pytest.mark.parametrize("keyspace", ["rebuilt", "renormalised"])
def test_the_lake_alone_refills_cassandra(
    keyspace: str, session: Any, cassandra: CassandraNode, home: Path, streamed: Keyspace, real_events: list[Event]
) -> None:
    migrate(session, keyspace=keyspace, replication=REPLICATION)
    settings = {**cassandra_settings(cassandra), "LAKE_LOCATION": str(home / "lake")}
    arguments = ["--keyspace", keyspace]
    if keyspace == "rebuilt":
        run_job("rebuild_cassandra.py", arguments, settings, "REBUILD")
        assert _cells(session, keyspace) == streamed
    else:
        with pytest.raises(AssertionError, match="The parser refused"):  # the made-up history has no rows of a source
            run_job("rebuild_cassandra.py", [*arguments, "--from-raw"], settings, "REBUILD")
        keys = {(table, key) for event in real_events for table, key in places(event).items()}
        stored = _cells(session, keyspace)
        assert {(table, key) for table in TABLES for key in stored[table]} == keys
        assert all(stored[table][key] == streamed[table][key] for table, key in keys)


def test_readers_are_switched_to_the_rebuilt_keyspace(
    cassandra: CassandraNode, home: Path, streamed: Keyspace, real_events: list[Event]
) -> None:
    assert streamed
    start, end = min(event.at for event in real_events), max(event.at for event in real_events)
    window = {"start": start.isoformat(), "end": end.isoformat()}
    answers = {
        keyspace: [_ask(cassandra, home, keyspace, f"/v1/zones/{zone}/power-breakdown", window) for zone in ZONES]
        for keyspace in ("streamed", "rebuilt")
    }
    assert answers["rebuilt"] == answers["streamed"]
    assert all(len(rows) > 20 for rows in answers["rebuilt"])


def _ask(cassandra: CassandraNode, home: Path, keyspace: str, path: str, parameters: dict[str, str]) -> list[Any]:
    port = free_port()
    values = {**cassandra_settings(cassandra), "HOST": "127.0.0.1", "PORT": str(port), "KEYSPACE": keyspace}
    url = f"http://127.0.0.1:{port}"
    environment = {f"GRIDPULSE_QUERY_API_{name}": value for name, value in values.items()}
    log_path = home / f"api-{keyspace}.log"
    api = Service("api", ["-m", "gridpulse_query_api"], log_path, environment=environment, health_url=f"{url}/readyz")
    with api:
        rows: list[Any] = loopback.get(f"{url}{path}", params=parameters, timeout=30).raise_for_status().json()["data"]
    return rows


def _has_all(session: Any, events: list[Event]) -> bool:
    expected: dict[str, dict[Key, int]] = {table: {} for table in TABLES}
    for event in events:
        for table, key in places(event).items():
            expected[table][key] = max(expected[table].get(key, 0), event.write_timestamp_us())
    return all(write_times(session, "streamed", table) == expected[table] for table in TABLES)


def _cells(session: Any, keyspace: str) -> Keyspace:
    return {table: table_cells(session, keyspace, table) for table in TABLES}
