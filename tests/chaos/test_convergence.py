"""Any order, any duplication, any restart gives the same values and the same write times in every column."""

from collections.abc import Generator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_contract.models import ElectricityFlowsEvent, ElectricityMixEvent, Event, PowerBreakdownEvent
from gridpulse_platform import CassandraNode, KafkaBroker, create_topics, wait_until
from gridpulse_schema import migrate, open_session
from harness.histories import Delivery, disturbed, history, in_order
from harness.streaming import produce, streaming_driver
from harness.tables import TABLES, Cell, Key, places, table_cells, write_times

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(1200)]

HISTORY_SEED: Final = 7
# The seeds' flows run side by side: each has its own disorder and duplicates, in zones of its own.
ZONES_BY_SEED: Final = {11: ("DE", "FR", "ES", "IT"), 12: ("AT", "BE", "CZ", "PL"), 13: ("GR", "NL", "PT", "RO")}
DEADLINE_SECONDS: Final = 300

Keyspace = dict[str, dict[Key, dict[str, Cell]]]


@pytest.fixture(scope="module")
def session(cassandra: CassandraNode) -> Generator[Any]:
    with open_session([cassandra.contact_points], port=cassandra.port) as opened:
        yield opened


@pytest.fixture(scope="module")
def events() -> dict[int, list[Event]]:
    """Seed -> what the source made in the seed's zones."""
    return {seed: history(HISTORY_SEED, hours=36, zones=zones) for seed, zones in ZONES_BY_SEED.items()}


@pytest.fixture(scope="module")
def undisturbed(
    session: Any, cassandra: CassandraNode, events: dict[int, list[Event]], tmp_path_factory: pytest.TempPathFactory
) -> Keyspace:
    flow = [delivery for of_seed in events.values() for delivery in in_order(of_seed)]
    return _store(session, cassandra, [flow], "clean", tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="module")
def disturbed_and_killed(
    session: Any, cassandra: CassandraNode, events: dict[int, list[Event]], tmp_path_factory: pytest.TempPathFactory
) -> Keyspace:
    flows = (disturbed(of_seed, seed) for seed, of_seed in events.items())
    together = list(chain.from_iterable(zip(*flows, strict=True)))  # each kill meets all of them
    third = len(together) // 3
    parts = [together[:third], together[third : 2 * third], together[2 * third :]]
    return _store(session, cassandra, parts, "disturbed", tmp_path_factory.mktemp("disturbed"))


def test_the_newest_revision_is_what_is_stored(undisturbed: Keyspace, events: dict[int, list[Event]]) -> None:
    assert all(len(of_seed) > 2000 for of_seed in events.values())
    newest: dict[Key, Event] = {}
    for event in chain.from_iterable(events.values()):
        if event.key() not in newest or event.write_timestamp_us() > newest[event.key()].write_timestamp_us():
            newest[event.key()] = event
    for event in newest.values():
        table, key = next(iter(places(event).items()))
        column, value = _one_value(event)
        assert undisturbed[table][key][column] == Cell("NaN" if value is None else value, event.write_timestamp_us())


def _one_value(event: Event) -> tuple[str, object]:
    """A column of the event's row, and what has to be in it."""
    if isinstance(event, ElectricityMixEvent):
        return "hydro_discharge_mw", event.mix_mw.hydro_discharge
    if isinstance(event, ElectricityFlowsEvent):
        return "import_mw", {name: "NaN" if mw is None else mw for name, mw in sorted(event.import_mw.items())}
    column = "production_total_mw" if isinstance(event, PowerBreakdownEvent) else "carbon_intensity_gco2eq_per_kwh"
    return column, getattr(event, column)


def test_no_cell_is_null_and_a_row_is_of_one_revision(undisturbed: Keyspace) -> None:
    for table in TABLES:
        for key, row in undisturbed[table].items():
            assert None not in [cell.value for cell in row.values()], (table, key)
            assert len({cell.write_time_us for cell in row.values()}) == 1, (table, key)


@pytest.mark.parametrize(("seed", "zones"), ZONES_BY_SEED.items())
def test_disorder_duplicates_and_kills_change_nothing(
    seed: int, zones: tuple[str, ...], undisturbed: Keyspace, disturbed_and_killed: Keyspace
) -> None:
    for table in TABLES:
        stored, expected = (
            {key: row for key, row in keyspace[table].items() if key[0] in zones}
            for keyspace in (disturbed_and_killed, undisturbed)
        )
        assert len(stored) >= len(zones) * 36, (seed, table)
        assert stored == expected, (seed, table)


def _store(session: Any, cassandra: CassandraNode, parts: list[list[Delivery]], keyspace: str, home: Path) -> Keyspace:
    """What the job makes of the parts, produced one after the other; it is killed in mid-flow between them."""
    migrate(session, keyspace=keyspace, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
    expected = _expected_write_times([delivery.event for part in parts for delivery in part])
    with KafkaBroker(home / "kafka") as kafka:
        create_topics(kafka.bootstrap_servers)
        driver = streaming_driver(kafka, cassandra, keyspace, home)
        try:
            for number, part in enumerate(parts):
                driver.start()
                before = _row_count(session, keyspace)
                produce(kafka.bootstrap_servers, part)
                if number < len(parts) - 1:
                    wait_until(partial(_has_more_rows, session, keyspace, before), DEADLINE_SECONDS, "some rows")
                    driver.kill()
            wait_until(
                lambda: _write_times(session, keyspace) == expected,
                DEADLINE_SECONDS,
                "every newest revision",
                pause_seconds=2,
            )
        finally:
            driver.kill()
    return {table: table_cells(session, keyspace, table) for table in TABLES}


def _has_more_rows(session: Any, keyspace: str, count: int) -> bool:
    return _row_count(session, keyspace) > count


def _row_count(session: Any, keyspace: str) -> int:
    rows = session.execute(f"SELECT count(*) FROM {keyspace}.power_breakdown_revisions")  # noqa: S608
    return int(rows.one()[0])


def _expected_write_times(events: list[Event]) -> dict[str, dict[Key, int]]:
    """What the contract says of each table: primary key -> greatest write timestamp."""
    expected: dict[str, dict[Key, int]] = {table: {} for table in TABLES}
    for event in events:
        for table, key in places(event).items():
            expected[table][key] = max(expected[table].get(key, 0), event.write_timestamp_us())
    return expected


def _write_times(session: Any, keyspace: str) -> dict[str, dict[Key, int]]:
    return {table: write_times(session, keyspace, table) for table in TABLES}
