"""The app over a real store, in this process, with a clock that a test can set."""

import importlib
import math
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, settings

from gridpulse_contract.columns import MIX_NUMBER_COLUMNS, POWER_NUMBER_COLUMNS
from gridpulse_contract.zones import Zone, load_zones
from gridpulse_platform import CassandraNode, wait_until_async
from gridpulse_query_api.app import create_app
from gridpulse_query_api.directory import ZoneDirectory
from gridpulse_query_api.instants import as_utc
from gridpulse_query_api.keys_file import KeysFile
from gridpulse_query_api.metrics import Metrics
from gridpulse_query_api.reading import Reading
from gridpulse_query_api.repository import Repository, probe, statements
from gridpulse_query_api.rows import Row
from gridpulse_query_api.series import CARBON_COLUMN
from gridpulse_query_api.settings import QueryApiSettings
from gridpulse_query_api.store import CassandraStore
from gridpulse_query_api.streams import StreamHub
from gridpulse_schema import migrate, open_session
from gridpulse_servicekit.lifecycle import Heartbeat

execute_concurrent: Any = importlib.import_module("cassandra.concurrent").execute_concurrent

# How fast an example runs depends on what else the machine does.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

NOW = datetime(2026, 6, 15, 12, 34, 56, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
THIS_HOUR = NOW.replace(minute=0, second=0)


@dataclass
class Clock:
    """What the app takes for now."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Api:
    """The app, asked without a network."""

    app: FastAPI
    store: CassandraStore
    clock: Clock
    metrics: Metrics
    keys: KeysFile | None
    hub: StreamHub

    async def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.get(path, params=query or None, headers=headers)

    async def json(self, path: str, **query: Any) -> Any:
        answer = await self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def pages(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The `data` of every page, found by following `next`."""
        page = await self.json(path, **query)
        data: list[dict[str, Any]] = page["data"]
        while page["next"] is not None:
            page = await self.json(page["next"])
            data += page["data"]
        return data


def make_api(settings: QueryApiSettings, zones: Mapping[str, Zone] | None = None, keys_file: Path | None = None) -> Api:
    metrics, clock = Metrics(), Clock()
    keys = KeysFile(keys_file, settings.api_keys_requests_per_minute, metrics) if keys_file else None
    store = CassandraStore(settings, statements(settings.keyspace), probe(settings.keyspace), metrics)
    reading = Reading(
        Repository(store, settings.keyspace), ZoneDirectory(zones or load_zones()), clock, settings.attribution
    )
    hub = StreamHub(settings.stream_period_seconds, settings.max_streams, metrics)
    app = create_app(reading, metrics, Heartbeat(15), store.missing, hub, keys, settings.page_directory)
    return Api(app, store, clock, metrics, keys, hub)


@pytest.fixture
def api() -> Api:
    """An app that has not reached Cassandra (and does not try to)."""
    return make_api(QueryApiSettings())


def power_row(at: datetime, updated_at: datetime | None = None, **values: Any) -> Row:
    """A row with the given numbers by column; those not given are missing. `kind` and the like can be given too."""
    fields = {name: values.pop(name) for name in tuple(values) if name in Row._fields}
    unknown = values.keys() - set(POWER_NUMBER_COLUMNS)
    assert not unknown, unknown
    numbers = tuple(float(values.get(column, math.nan)) for column in POWER_NUMBER_COLUMNS)
    return _row(at, updated_at, numbers, fields)


def carbon_row(at: datetime, value: float = math.nan, updated_at: datetime | None = None, **fields: Any) -> Row:
    return _row(at, updated_at, (float(value),), fields)


def mix_row(at: datetime, updated_at: datetime | None = None, **values: Any) -> Row:
    """A row of an electricity mix, in the same way."""
    fields = {name: values.pop(name) for name in tuple(values) if name in Row._fields}
    unknown = values.keys() - set(MIX_NUMBER_COLUMNS)
    assert not unknown, unknown
    return _row(at, updated_at, tuple(float(values.get(column, math.nan)) for column in MIX_NUMBER_COLUMNS), fields)


def flows_row(at: datetime, updated_at: datetime | None = None, **fields: Any) -> Row:
    return _row(at, updated_at, (), {"kind": "unknown", **fields})


def _row(at: datetime, updated_at: datetime | None, numbers: tuple[float, ...], fields: dict[str, Any]) -> Row:
    known: dict[str, Any] = {
        "kind": "measured", "estimation_method": "", "quality": (), "import_mw": {}, "export_mw": {}, **fields,
    }  # fmt: skip
    return Row(ms(at), ms(updated_at or at + HOUR), numbers, **known)


def ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def z(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Writer:
    """Writes rows the way the pipeline does: every revision into both tables, at the write time of its `updated_at`."""

    def __init__(self, session: Any, keyspace: str) -> None:
        self.session = session
        self.keyspace = keyspace
        self._statements: dict[tuple[str, bool], Any] = {}

    def forecast(self, zone: str, issued_at: datetime, values: Mapping[datetime, float], **key: str) -> None:
        """One forecast: the expected intensity by start of the interval."""
        names = {"variant": "lifecycle", "granularity": "hourly", **key}
        statement = self.session.prepare(
            f"INSERT INTO {self.keyspace}.carbon_intensity_forecast (zone, variant, granularity, month, issued_at, "  # noqa: S608
            f"at, {CARBON_COLUMN}, kind, estimation_method, quality, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'unknown', '', {}, ?) USING TIMESTAMP ?"
        )
        key_values = (zone, names["variant"], names["granularity"], issued_at.year * 100 + issued_at.month, issued_at)
        rows = [(*key_values, at, value, issued_at, ms(issued_at) * 1000) for at, value in values.items()]
        for row in rows:
            self.session.execute(statement, row)

    def power(self, zone: str, rows: Iterable[Row], granularity: str = "hourly") -> None:
        columns = (*POWER_NUMBER_COLUMNS, "import_mw", "export_mw")
        self._write("power_breakdown", ("zone", "granularity"), (zone, granularity), columns, rows)

    def carbon(self, zone: str, rows: Iterable[Row], variant: str = "lifecycle", granularity: str = "hourly") -> None:
        keys = ("zone", "variant", "granularity")
        self._write("carbon_intensity", keys, (zone, variant, granularity), (CARBON_COLUMN,), rows)

    def mix(self, zone: str, rows: Iterable[Row], variant: str = "normal", granularity: str = "hourly") -> None:
        keys = ("zone", "variant", "granularity")
        self._write("electricity_mix", keys, (zone, variant, granularity), MIX_NUMBER_COLUMNS, rows)

    def flows(self, zone: str, rows: Iterable[Row], granularity: str = "hourly") -> None:
        columns = ("import_mw", "export_mw")
        self._write("electricity_flows", ("zone", "granularity"), (zone, granularity), columns, rows)

    def _write(
        self, table: str, keys: tuple[str, ...], key: tuple[str, ...], columns: tuple[str, ...], rows: Iterable[Row]
    ) -> None:
        statements: list[tuple[Any, tuple[object, ...]]] = []
        for row in rows:
            at = as_utc(row.at_ms)
            texts = (row.kind, row.estimation_method, set(row.quality))
            exchanges = (row.import_mw, row.export_mw) if "import_mw" in columns else ()
            values = (at, as_utc(row.updated_at_ms), *texts, *row.numbers, *exchanges, row.updated_at_ms * 1000)
            for is_revision in (False, True):
                period = at.year * 100 + at.month if is_revision else at.year
                statements.append((self._statement(table, keys, columns, is_revision), (*key, period, *values)))
        results: Any = execute_concurrent(self.session, statements, concurrency=64, raise_on_first_error=True)
        assert len(results) == len(statements)

    def _statement(self, table: str, keys: tuple[str, ...], columns: tuple[str, ...], is_revision: bool) -> Any:
        if (table, is_revision) not in self._statements:
            period = "month" if is_revision else "year"
            names = (*keys, period, "at", "updated_at", "kind", "estimation_method", "quality", *columns)
            target = f"{self.keyspace}.{table}{'_revisions' if is_revision else ''}"
            marks = ", ".join("?" * len(names))
            text = f"INSERT INTO {target} ({', '.join(names)}) VALUES ({marks}) USING TIMESTAMP ?"  # noqa: S608
            self._statements[table, is_revision] = self.session.prepare(text)
        return self._statements[table, is_revision]


@pytest.fixture(scope="session")
def writer(cassandra: CassandraNode) -> Generator[Writer]:
    """A migrated keyspace of this suite's own, and a hand to write into it."""
    with open_session([cassandra.contact_points], port=cassandra.port) as session:
        migrate(session, keyspace="query_api", replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        yield Writer(session, "query_api")


def settings_for(cassandra: CassandraNode, keyspace: str, **changes: Any) -> QueryApiSettings:
    return QueryApiSettings(
        cassandra_contact_points=(cassandra.contact_points,),
        cassandra_port=cassandra.port,
        keyspace=keyspace,
        **changes,
    )


@asynccontextmanager
async def reached(api: Api) -> AsyncGenerator[Api]:
    """The app with its store open and Cassandra reached."""
    async with api.store.open():

        async def is_ready() -> bool:
            return not await api.store.missing()

        await wait_until_async(is_ready, 30, "the store is ready")
        yield api


@pytest.fixture
async def served(cassandra: CassandraNode, writer: Writer) -> AsyncGenerator[Api]:
    async with reached(make_api(settings_for(cassandra, writer.keyspace))) as api:
        yield api


@pytest.fixture(scope="session")
def fresh_zones() -> Iterator[str]:
    """Keys of zones that no reference has, each for one test."""
    return (f"XT-{number}" for number in count())


@pytest.fixture
def zone(fresh_zones: Iterator[str]) -> str:
    return next(fresh_zones)


def power_of(zone: str) -> str:
    return f"/v1/zones/{zone}/power-breakdown"
