"""The app over a real store, in this process, with a clock that a test can set."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, settings

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_contract.zones import Zone, load_zones
from gridpulse_query_api.app import create_app
from gridpulse_query_api.directory import ZoneDirectory
from gridpulse_query_api.metrics import Metrics
from gridpulse_query_api.reading import Reading
from gridpulse_query_api.repository import Repository, probe, statements
from gridpulse_query_api.rows import Row
from gridpulse_query_api.settings import QueryApiSettings
from gridpulse_query_api.store import CassandraStore
from gridpulse_servicekit.lifecycle import Heartbeat

# How fast an example runs depends on what else the machine does.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

NOW = datetime(2026, 6, 15, 12, 34, 56, tzinfo=UTC)
HOUR = timedelta(hours=1)


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


def make_api(settings: QueryApiSettings, zones: Mapping[str, Zone] | None = None) -> Api:
    metrics, clock = Metrics(), Clock()
    store = CassandraStore(settings, statements(settings.keyspace), probe(settings.keyspace), metrics)
    reading = Reading(
        Repository(store, settings.keyspace), ZoneDirectory(zones or load_zones()), clock, settings.attribution
    )
    return Api(create_app(reading, metrics, Heartbeat(15), store.missing), store, clock, metrics)


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


def _row(at: datetime, updated_at: datetime | None, numbers: tuple[float, ...], fields: dict[str, Any]) -> Row:
    known: dict[str, Any] = {
        "kind": "measured", "estimation_method": "", "quality": (), "import_mw": {}, "export_mw": {}, **fields,
    }  # fmt: skip
    return Row(ms(at), ms(updated_at or at + HOUR), numbers, **known)


def ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def z(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
