import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
import structlog
from prometheus_client import CollectorRegistry, Counter

from gridpulse_servicekit.lifecycle import Heartbeat, StopSignal, drain
from gridpulse_servicekit.logs import configure_logging
from gridpulse_servicekit.operations import operations_app, serve


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("restored_logging")
def test_logs_of_both_kinds_are_json_with_utc_times(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    structlog.stdlib.get_logger("ours").info("poll done", zone="DE")
    logging.getLogger("theirs").warning("library says %s", "hello")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("poll done", "info"),
        ("library says hello", "warning"),
    ]
    assert lines[0]["zone"] == "DE"
    assert all(line["timestamp"].endswith("Z") for line in lines)


async def test_a_real_signal_only_sets_the_event() -> None:
    stop = StopSignal()
    stop.install()
    assert not await stop.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await stop.sleep(10)
    await asyncio.wait_for(stop.wait(), 1)


async def test_work_ends_when_the_program_is_asked_to_stop() -> None:
    stop = StopSignal()
    assert await stop.unless_set(asyncio.sleep(0, "done")) == "done"
    stop.set()
    assert await stop.unless_set(asyncio.Event().wait()) is None


async def test_drain_reports_whether_work_finished() -> None:
    assert await drain(asyncio.sleep(0), 5)
    never = asyncio.Event()
    assert not await drain(never.wait(), 0.01)


async def test_drain_raises_what_the_work_raises() -> None:
    async def fail() -> None:
        raise TimeoutError("the work's own")

    with pytest.raises(TimeoutError, match="the work's own"):
        await drain(fail(), 5)


async def test_a_silent_loop_is_stuck_until_it_ends() -> None:
    heartbeat = Heartbeat(max_age_seconds=0.02)
    heartbeat.beat("poller")
    await asyncio.sleep(0.03)
    assert list(heartbeat.stuck()) == ["poller"]
    heartbeat.end("poller")
    assert heartbeat.stuck() == {}


async def test_waiting_rightly_beats() -> None:
    heartbeat = Heartbeat(max_age_seconds=60)
    assert await heartbeat.during("poller", asyncio.sleep(0.01, "done")) == "done"
    assert list(heartbeat.ages_seconds()) == ["poller"]


@dataclass
class Served:
    url: str
    heartbeat: Heartbeat
    missing: list[str] = field(default_factory=list[str])


@asynccontextmanager
async def served(max_age_seconds: float = 60) -> AsyncGenerator[Served]:
    registry = CollectorRegistry()
    Counter("things", "Things.", registry=registry).inc()
    example = Served("", Heartbeat(max_age_seconds))

    async def missing() -> Sequence[str]:
        return example.missing

    async with serve(operations_app(example.heartbeat, missing, registry), "127.0.0.1", 0) as port:
        example.url = f"http://127.0.0.1:{port}"
        yield example


async def test_probes_and_metrics() -> None:
    async with served(max_age_seconds=0.02) as example, httpx.AsyncClient(base_url=example.url) as client:
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).json() == {"status": "ready", "missing": []}
        assert "things_total 1.0" in (await client.get("/metrics")).text

        example.missing.append("the broker at here:1")
        unready = await client.get("/readyz")
        assert unready.status_code == 503
        assert unready.json()["missing"] == ["the broker at here:1"]

        example.heartbeat.beat("poller")
        await asyncio.sleep(0.03)
        stuck = await client.get("/livez")
        assert stuck.status_code == 503
        assert "poller" in stuck.json()["seconds_since_last_beat"]


async def test_the_server_ends_with_its_block_and_leaves_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    async with served() as example:
        assert signal.getsignal(signal.SIGINT) is before
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(example.url + "/livez")


async def test_an_address_in_use_is_an_error() -> None:
    async with served() as example:
        port = int(example.url.rsplit(":", 1)[1])

        async def ready() -> Sequence[str]:
            return ()

        app = operations_app(Heartbeat(1), ready, CollectorRegistry())
        with pytest.raises(OSError, match="in use"):
            async with serve(app, "127.0.0.1", port):
                pass
