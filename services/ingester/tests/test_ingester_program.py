"""The program as a process: exit codes, probes, signals, and a broker that dies."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from gridpulse_contract.models import PowerBreakdownEvent, parse_event
from gridpulse_ingester.__main__ import main
from gridpulse_ingester.kafka import open_consumer, read
from gridpulse_platform import KafkaBroker, create_topics, wait_until_async
from gridpulse_platform.ports import free_port

from .conftest import Canned, FakeApi, MakeSettings, canned_json

DEADLINE = 60.0


async def _is(asked: Awaitable[float], wanted: float) -> bool:
    return await asked == wanted


async def _above(asked: Awaitable[float], limit: float) -> bool:
    return await asked > limit


@dataclass
class Ended:
    exit_code: int | None
    out: str
    err: str


def environment(api: FakeApi, bootstrap_servers: str, **settings: object) -> dict[str, str]:
    """Ours without its GRIDPULSE variables, and the settings of one ingester."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GRIDPULSE_")}
    values: dict[str, object] = {
        "kafka_bootstrap_servers": bootstrap_servers,
        "api_base_url": api.url,
        "api_token": "s3cret",
        "signals": "power-breakdown",
        "requests_per_second": 200,
        "retry_attempts": 2,
        "retry_wait_initial_seconds": 0.05,
        "startup_spread_seconds": 0,
        "broker_deadline_seconds": 20,
        **settings,
    }
    return inherited | {f"GRIDPULSE_INGESTER_{name.upper()}": str(value) for name, value in values.items()}


async def start(arguments: tuple[str, ...], env: dict[str, str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-W", "error::RuntimeWarning", "-m", "gridpulse_ingester", *arguments)
    return await asyncio.create_subprocess_exec(*command, env=env, stdout=pipe, stderr=pipe, limit=2**24)


async def run(arguments: tuple[str, ...], env: dict[str, str]) -> Ended:
    """Run to its end."""
    process = await start(arguments, env)
    try:
        out, err = await asyncio.wait_for(process.communicate(), DEADLINE)
    finally:
        if process.returncode is None:
            process.kill()
    assert "s3cret" not in out.decode() + err.decode()
    return Ended(process.returncode, out.decode(), err.decode())


@dataclass
class Daemon:
    process: asyncio.subprocess.Process
    url: str

    async def get(self, path: str) -> httpx.Response | None:
        """None where nobody listens (yet)."""
        async with httpx.AsyncClient(timeout=10) as client:
            try:
                return await client.get(self.url + path)
            except httpx.TransportError:
                return None

    async def status(self, path: str) -> int:
        response = await self.get(path)
        return response.status_code if response else 0

    async def metric(self, name: str) -> float:
        """The sum of a metric's samples."""
        response = await self.get("/metrics")
        lines = (response.text if response else "").splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"gridpulse_ingester_{name}"))

    async def end(self, number: signal.Signals) -> Ended:
        self.process.send_signal(number)
        out, err = await asyncio.wait_for(self.process.communicate(), DEADLINE)
        return Ended(self.process.returncode, out.decode(), err.decode())


@asynccontextmanager
async def daemon(env: dict[str, str]) -> AsyncGenerator[Daemon]:
    port = free_port()
    process = await start(("run",), env | {"GRIDPULSE_INGESTER_HTTP_PORT": str(port)})
    try:
        yield Daemon(process, f"http://127.0.0.1:{port}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("backfill", "--start", "2026-01-01T00:00", "--end", "2026-02-01T00:00Z"), "does not say its offset"),
        (("backfill", "--start", "2026-01-01T00:00Z", "--end", "soon"), "'soon' is not an ISO 8601 instant"),
        (("backfill", "--start", "2026-01-01T00:00Z", "--end", "2026-01-02T00:00Z", "--zones", "de"), "not a zone key"),
        (
            ("backfill", "--start", "2026-01-01T00:00Z", "--end", "2026-01-02T00:00Z", "--signals", "x"),
            "known are power",
        ),
        (("repair", "--query-api-url", "localhost:8000"), "'localhost:8000' is not an address"),
        (("repair", "--query-api-url", "http://localhost", "--days", "400"), "not a number of days from 1 to 366"),
        (("repair", "--query-api-url", "http://localhost", "--refresh", "7,x"), "'x' is not a number of days"),
        (("redrive", "--reason", "boredom"), "boredom"),
        ((), "required: command"),
    ],
)
def test_a_wrong_argument_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_wrong_setting_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDPULSE_INGESTER_ZONE", "FR")
    monkeypatch.setenv("GRIDPULSE_INGESTER_ZONES", "de")
    assert main(("run",)) == 2
    assert "'de' is not a zone key" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "settings", "sentence"),
    [
        (("run",), {"api_token": ""}, "No token for zone DE"),
        (("backfill", "--start", "2026-02-01T00:00Z", "--end", "2026-01-01T00:00Z"), {}, "before --end"),
    ],
)
async def test_a_wrong_configuration_is_told_in_a_sentence(
    api: FakeApi, arguments: tuple[str, ...], settings: dict[str, str], sentence: str
) -> None:
    ended = await run(arguments, environment(api, "127.0.0.1:1", zones="DE", **settings))
    assert ended.exit_code == 2
    assert sentence in ended.err
    assert "Traceback" not in ended.err


async def test_a_broker_that_is_not_there_fails_a_command(api: FakeApi) -> None:
    ended = await run(("run", "--once"), environment(api, "127.0.0.1:1", zones="DE", broker_deadline_seconds=2))
    assert ended.exit_code == 1
    assert "no Kafka broker at 127.0.0.1:1" in ended.err
    assert "Traceback" not in ended.err


async def test_without_a_broker_the_daemon_lives_is_not_ready_and_stops_when_told(api: FakeApi) -> None:
    async with daemon(environment(api, "127.0.0.1:1", zones="DE")) as running:
        await wait_until_async(lambda: running.get("/livez"), DEADLINE, "the probes")
        ready = await running.get("/readyz")
        assert ready is not None
        assert ready.status_code == 503
        assert ready.json()["missing"][0] == "Kafka at 127.0.0.1:1"
        assert "1 of 1 to come (DE power-breakdown hourly" in ready.json()["missing"][1]
        assert await running.status("/livez") == 200
        ended = await running.end(signal.SIGTERM)
    assert ended.exit_code == 0
    assert "Traceback" not in ended.err


@pytest.fixture
def broker(kafka: KafkaBroker) -> KafkaBroker:
    create_topics(kafka.bootstrap_servers)
    return kafka


async def hours_in_kafka(make_settings: MakeSettings, broker: KafkaBroker, zone: str) -> list[float]:
    """Hours before the newest of a zone's events, one for each message."""
    settings = make_settings(kafka_bootstrap_servers=broker.bootstrap_servers)
    async with open_consumer(settings, [PowerBreakdownEvent.topic]) as consumer:
        partitions = sorted(consumer.assignment())
        starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        values = [record.value or b"" async for record in read(consumer, starts, ends, stall_seconds=20)]
    found = [event.at for event in map(parse_event, values) if event.zone == zone]
    return sorted((max(found) - at) / timedelta(hours=1) for at in found)


@pytest.mark.engines
async def test_once_publishes_and_a_second_time_knows_it(
    api: FakeApi, broker: KafkaBroker, make_settings: MakeSettings
) -> None:
    env = environment(api, broker.bootstrap_servers, zones="T-RUN-ONCE")
    first = await run(("run", "--once"), env)
    assert (first.exit_code, first.out) == (
        0,
        "polled 1: 1 ok; events: 24 published, 0 already-acknowledged, 0 failed; dead letters: 0\n",
    )
    second = await run(("run", "--once"), env)
    assert second.exit_code == 0
    assert "events: 0 published, 24 already-acknowledged, 0 failed" in second.out
    assert await hours_in_kafka(make_settings, broker, "T-RUN-ONCE") == list(range(24))


@pytest.mark.engines
async def test_once_fails_where_a_zone_fails(api: FakeApi, broker: KafkaBroker) -> None:
    api.rule = lambda _path, query: Canned(503) if query.get("zone") == "T-RUN-DOWN" else None
    ended = await run(("run", "--once"), environment(api, broker.bootstrap_servers, zones="T-RUN-UP,T-RUN-DOWN"))
    assert ended.exit_code == 1
    assert "1 ok, 1 server-error" in ended.out
    assert "failed: T-RUN-DOWN power-breakdown hourly (server-error: 503" in ended.out


@pytest.mark.engines
async def test_backfill_tells_its_progress_and_resumes(api: FakeApi, broker: KafkaBroker, tmp_path: Path) -> None:
    env = environment(api, broker.bootstrap_servers, zones="T-RUN-PAST,T-RUN-OTHER")
    arguments = ("backfill", "--start", "2026-01-01T00:00+01:00", "--end", "2026-01-21T00:00+01:00")
    state = ("--zones", "T-RUN-PAST", "--state", str(tmp_path / "state.json"))
    first = await run((*arguments, *state), env)
    assert first.exit_code == 0
    assert f"events: {20 * 24} published" in first.out
    assert first.err.count("; windows to go: ") == 3
    second = await run((*arguments, *state), env)
    assert "windows: 3 done before; events: 0 published" in second.out
    assert {asked.query["zone"] for asked in api.asked if "zone" in asked.query} == {"T-RUN-PAST"}


@pytest.mark.engines
async def test_redrive_reports(api: FakeApi, broker: KafkaBroker) -> None:
    api.say("power-breakdown/history", canned_json({"zone": "T-RUN-WRONG", "history": []}))
    env = environment(api, broker.bootstrap_servers, zones="T-RUN-LETTER")
    assert (await run(("run", "--once"), env)).exit_code == 1
    ended = await run(("redrive", "--dry-run", "--reason", "wrong-zone"), env)
    assert ended.exit_code == 0
    assert "dead letters read" in ended.out
    assert "still refused: " in ended.out
    assert "wrong-zone" in ended.out


@pytest.mark.engines
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_in_mid_flow_loses_no_answer(
    api: FakeApi, broker: KafkaBroker, make_settings: MakeSettings, number: signal.Signals
) -> None:
    """The API has the request when the signal comes, and answers after it: the rows are in Kafka at the end."""
    zone = f"T-{number.name}"

    def slowly(path: str, query: dict[str, str]) -> Canned | None:
        if "zone" not in query:
            return None
        canned = api.behave(path, query)
        canned.delay_seconds = 1.0
        return canned

    api.rule = slowly
    async with daemon(environment(api, broker.bootstrap_servers, zones=zone)) as running:
        await wait_until_async(lambda: any("history" in path for path in api.paths()), DEADLINE, "a request")
        ended = await running.end(number)
    assert ended.exit_code == 0
    assert '"complete": true' in ended.err
    assert "Traceback" not in ended.err
    assert await hours_in_kafka(make_settings, broker, zone) == list(range(24))


@pytest.mark.engines
async def test_an_answer_that_never_comes_does_not_hold_the_stop_up(api: FakeApi, broker: KafkaBroker) -> None:
    api.rule = lambda _path, query: Canned(delay_seconds=25) if "zone" in query else None
    env = environment(api, broker.bootstrap_servers, zones="T-HANG", drain_deadline_seconds=2)
    async with daemon(env) as running:
        await wait_until_async(lambda: any("history" in path for path in api.paths()), DEADLINE, "a request")
        ended = await asyncio.wait_for(running.end(signal.SIGTERM), 10)
    assert ended.exit_code == 0
    assert '"complete": false' in ended.err


@pytest.mark.engines
async def test_the_flow_goes_on_when_the_broker_comes_back(
    api: FakeApi, broker: KafkaBroker, make_settings: MakeSettings
) -> None:
    env = environment(
        api, broker.bootstrap_servers, zones="T-BROKER", poll_period_seconds=0.5, delivery_deadline_seconds=2
    )
    async with daemon(env) as running:
        await wait_until_async(lambda: _is(running.status("/readyz"), 200), DEADLINE, "ready")
        published = 'events_total{result="published"'
        await wait_until_async(lambda: _above(running.metric(published), 23), DEADLINE, "a day in Kafka")
        api.newest += timedelta(hours=1)
        await asyncio.to_thread(broker.kill)
        try:
            api.newest += timedelta(hours=1)
            await wait_until_async(
                lambda: _above(running.metric('events_total{result="failed"'), 0), DEADLINE, "failed"
            )
            assert await running.status("/readyz") == 503
            assert await running.status("/livez") == 200
        finally:
            await asyncio.to_thread(broker.start)
        await wait_until_async(lambda: _is(running.status("/readyz"), 200), DEADLINE, "ready again")
        newest = api.newest.timestamp()
        await wait_until_async(
            lambda: _is(running.metric("newest_at_timestamp_seconds"), newest), DEADLINE, "the newest hour in Kafka"
        )
        assert (await running.end(signal.SIGTERM)).exit_code == 0
    assert set(await hours_in_kafka(make_settings, broker, "T-BROKER")) == set(range(26))


@pytest.mark.engines
async def test_a_killed_ingester_starts_again_without_losing_or_repeating(
    api: FakeApi, broker: KafkaBroker, make_settings: MakeSettings
) -> None:
    env = environment(api, broker.bootstrap_servers, zones="T-SIGKILL", poll_period_seconds=0.2)
    async with daemon(env) as running:
        await wait_until_async(lambda: _above(running.metric("events_total"), 24), DEADLINE, "events")
        await running.end(signal.SIGKILL)
    api.newest += timedelta(hours=1)
    async with daemon(env) as running:
        newest = api.newest.timestamp()
        await wait_until_async(
            lambda: _is(running.metric("newest_at_timestamp_seconds"), newest), DEADLINE, "the newest hour in Kafka"
        )
        assert (await running.end(signal.SIGTERM)).exit_code == 0
    assert await hours_in_kafka(make_settings, broker, "T-SIGKILL") == list(range(25))
