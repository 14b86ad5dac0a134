"""A small HTTP server that says what a test tells it to, and else answers like the API."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gridpulse_contract.models import Granularity, PowerBreakdownEvent, Signal, parse_event
from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.batch import Batch, read_answer
from gridpulse_ingester.kafka import Record, open_consumer, open_producer, read
from gridpulse_ingester.metrics import Metrics
from gridpulse_ingester.poller import requests_of
from gridpulse_ingester.publisher import AcknowledgedIds, Publisher
from gridpulse_ingester.settings import IngesterSettings
from gridpulse_ingester.source import Source, Temporality, open_client
from gridpulse_ingester.tokens import Tokens, load_tokens
from gridpulse_platform import KafkaBroker, create_topics
from gridpulse_servicekit.lifecycle import StopSignal
from gridpulse_servicekit.operations import serve

HOUR = timedelta(hours=1)
POWER = PowerBreakdownEvent.topic
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Canned:
    """One answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    content_type: str | None = "application/json"
    delay_seconds: float = 0.0


def canned_json(document: object, status: int = 200, **headers: str) -> Canned:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Canned(status, json.dumps(document).encode(), names)


@dataclass
class Asked:
    """One request, as it arrived."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


def power_row(zone: str, at: datetime) -> dict[str, Any]:
    """A row that is always the same for the same zone and hour."""
    return {
        "zone": zone,
        "datetime": at.isoformat(),
        "updatedAt": (at + timedelta(minutes=50)).isoformat(),
        "createdAt": at.isoformat(),
        "powerProductionBreakdown": {"wind": 1000 + at.hour, "hydro discharge": -40, "nuclear": None},
        "powerConsumptionBreakdown": {"wind": 900},
        "powerImportBreakdown": {"FR": 12},
        "powerExportBreakdown": {},
        "powerProductionTotal": 1000,
        "powerConsumptionTotal": 1012,
        "powerImportTotal": 12,
        "powerExportTotal": 0,
        "fossilFreePercentage": 100,
        "renewablePercentage": 100,
        "isEstimated": False,
        "estimationMethod": None,
    }


def carbon_row(zone: str, at: datetime, factor_type: str) -> dict[str, Any]:
    return {
        "zone": zone,
        "carbonIntensity": 40 + at.hour,
        "datetime": at.isoformat(),
        "updatedAt": (at + timedelta(minutes=50)).isoformat(),
        "createdAt": at.isoformat(),
        "emissionFactorType": factor_type,
        "isEstimated": False,
        "estimationMethod": None,
    }


def forecast(zone: str, hours: list[datetime], issued_at: datetime) -> dict[str, Any]:
    rows = [{"carbonIntensity": 40 + at.hour, "datetime": at.isoformat()} for at in hours]
    return {"zone": zone, "forecast": rows, "updatedAt": issued_at.isoformat(), "temporalGranularity": "hourly"}


@dataclass
class FakeApi:
    """`script` holds answers for a path (any version and zone), used up one by one; after them it behaves."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list[Asked])
    script: dict[str, list[Canned]] = field(default_factory=dict[str, list[Canned]])
    rule: Callable[[str, dict[str, str]], Canned | None] = lambda _path, _query: None
    newest: datetime = field(default_factory=lambda: datetime.now(UTC).replace(minute=0, second=0, microsecond=0))

    def say(self, path: str, *answers: Canned) -> None:
        self.script.setdefault(path, []).extend(answers)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    async def answer(self, request: Request) -> Response:
        path = request.path_params["path"]
        query = dict(request.query_params)
        self.asked.append(Asked(request.url.path, query, dict(request.headers)))
        scripted = self.script.get(path)
        canned = scripted.pop(0) if scripted else self.rule(path, query) or self.behave(path, query)
        await asyncio.sleep(canned.delay_seconds)
        headers = dict(canned.headers)
        if canned.content_type is not None:
            headers["content-type"] = canned.content_type
        return Response(canned.body, canned.status, headers)

    def behave(self, path: str, query: dict[str, str]) -> Canned:
        if path == "zones":
            return canned_json({"DE": {"zoneName": "Germany", "access": ["*"]}})
        signal, temporality = path.split("/")
        zone = query["zone"]

        def row(at: datetime) -> dict[str, Any]:
            if signal == Signal.POWER_BREAKDOWN:
                return power_row(zone, at)
            return carbon_row(zone, at, query["emissionFactorType"])

        if temporality == "forecast":
            hours = [self.newest + number * HOUR for number in range(int(query["horizonHours"]) + 1)]
            return canned_json(forecast(zone, hours, self.newest + timedelta(seconds=1)))
        if temporality == "latest":
            return canned_json(row(self.newest))
        if temporality == "history":
            hours = [self.newest - number * HOUR for number in range(23, -1, -1)]
            return canned_json({"zone": zone, "history": [row(at) for at in hours]})
        start, end = datetime.fromisoformat(query["start"]), datetime.fromisoformat(query["end"])
        return canned_json({"zone": zone, "data": [row(at) for at in _hours(start, end)]})


def _hours(start: datetime, end: datetime) -> list[datetime]:
    first = start if start.minute == start.second == 0 else start.replace(minute=0, second=0) + HOUR
    return [first + number * HOUR for number in range(int((end - first) / HOUR + 0.999))]


@pytest.fixture
async def api() -> AsyncGenerator[FakeApi]:
    fake = FakeApi()
    app = Starlette(routes=[Route("/{version}/{path:path}", fake.answer)])
    async with serve(app, "127.0.0.1", 0) as port:
        fake.url = f"http://127.0.0.1:{port}"
        yield fake


class MakeSettings(Protocol):
    def __call__(self, **changes: Any) -> IngesterSettings: ...


@pytest.fixture
def make_settings(api: FakeApi) -> MakeSettings:
    """Settings for the fake API with short waits."""

    def make(**changes: Any) -> IngesterSettings:
        return IngesterSettings.model_validate(
            {
                "kafka_bootstrap_servers": "127.0.0.1:1",
                "api_base_url": api.url,
                "api_token": "s3cret",
                "zones": ("DE",),
                "requests_per_second": 500,
                "retry_wait_initial_seconds": 0.01,
                "retry_wait_max_seconds": 0.5,
                "startup_spread_seconds": 0,
                **changes,
            }
        )

    return make


@dataclass
class Opened:
    client: httpx.AsyncClient
    source: Source
    settings: IngesterSettings
    tokens: Tokens
    metrics: Metrics
    stop: StopSignal


class OpenSource(Protocol):
    async def __call__(self, **changes: Any) -> Opened: ...


@pytest.fixture
async def open_source(make_settings: MakeSettings) -> AsyncGenerator[OpenSource]:
    """A source on the fake API."""
    async with AsyncExitStack() as stack:

        async def open_one(**changes: Any) -> Opened:
            settings = make_settings(**changes)
            client = await stack.enter_async_context(open_client(settings))
            tokens, _ = load_tokens(settings)
            metrics, stop = Metrics(), StopSignal()
            return Opened(client, Source(client, settings, tokens, metrics, stop), settings, tokens, metrics, stop)

        yield open_one


@pytest.fixture
def power_of_de() -> SourceRequest:
    return SourceRequest(Signal.POWER_BREAKDOWN, "DE", Granularity.HOURLY)


@pytest.fixture
def raw_server() -> Callable[[bytes], Any]:
    """A TCP server that reads a request, writes these bytes, and closes: for answers that are cut off."""

    @asynccontextmanager
    async def start(answer: bytes) -> AsyncGenerator[str]:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    return start


@pytest.fixture
def broker(kafka: KafkaBroker) -> KafkaBroker:
    create_topics(kafka.bootstrap_servers)
    return kafka


@asynccontextmanager
async def publishing(
    settings: IngesterSettings, metrics: Metrics, acknowledged: AcknowledgedIds | None = None
) -> AsyncGenerator[Publisher]:
    producer = await open_producer(settings)
    try:
        memory = acknowledged or AcknowledgedIds(10_000)
        yield Publisher(producer, memory, metrics, settings.delivery_deadline_seconds)
    finally:
        await producer.stop()


async def messages(settings: IngesterSettings, topic: str, zone: str) -> list[Record]:
    """All of a zone's messages."""
    async with open_consumer(settings, [topic]) as consumer:
        partitions = sorted(consumer.assignment())
        starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        records = [record async for record in read(consumer, starts, ends, stall_seconds=20)]
    return [record for record in records if f'"zone":"{zone}"'.encode() in (record.value or b"")]


def ids_in(records: list[Record]) -> set[UUID]:
    return {parse_event(record.value or b"").event_id() for record in records}


def ids_of(batch: Batch) -> set[UUID]:
    return {event.event_id() for event in batch.events}


async def history(opened: Opened, zone: str) -> Batch:
    """The fake API's history of a zone, as a batch."""
    request = requests_of(opened.settings, (zone,))[0]
    return read_answer(await opened.source.fetch(request, Temporality.HISTORY), accept_sandbox=False)


@pytest.fixture
async def opened(broker: KafkaBroker, open_source: OpenSource) -> Opened:
    return await open_source(kafka_bootstrap_servers=broker.bootstrap_servers, signals=("power-breakdown",))
