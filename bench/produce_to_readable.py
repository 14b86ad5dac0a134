"""Time from an event's produce to its being readable through the API, at 50 events/s, both signals, warmed up.

Prints one Markdown row. The engines, the streaming job and the API run as `make run` starts them, on this machine.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from aiokafka import AIOKafkaProducer

from gridpulse_contract.models import CarbonIntensityEvent, Event, Granularity, Kind, PowerBreakdownEvent, PowerByMode
from gridpulse_ingester.batch import Message
from harness.pipeline import Pipeline, running_pipeline

__all__ = ["run"]

RATE_EVENTS_PER_SECOND: Final = 50
WARM_UP_SECONDS: Final = 180  # Spark plans every batch anew, and that code is compiled bit by bit
MEASURED_SECONDS: Final = 60
_ZONE: Final = "PT"  # one that the pipeline does not poll
_FIRST_AT: Final = datetime(2024, 1, 1, tzinfo=UTC)
_STEP: Final = timedelta(minutes=5)
_PATHS: Final = ("power-breakdown", "carbon-intensity")
_GIVE_UP_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.1  # adds half of it to each time, and leaves the two cores to what is measured


class _Watch:
    """When each event of one signal was produced, and how long it took to be readable."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[datetime, float]] = deque()
        self.latencies_seconds: list[float] = []


def run() -> str:
    """The Markdown row."""
    with tempfile.TemporaryDirectory() as folder, running_pipeline(Path(folder)) as pipeline:
        latencies = asyncio.run(_measure(pipeline))
    percentiles = statistics.quantiles(latencies, n=100)
    return (
        f"| produce to readable at {RATE_EVENTS_PER_SECOND} events/s | p50 {percentiles[49]:.2f} s, "
        f"p99 {percentiles[98]:.2f} s, max {max(latencies):.2f} s over {len(latencies)} events "
        "| p50 < 1.5 s, p99 < 4 s |"
    )


async def _measure(pipeline: Pipeline) -> list[float]:
    watches = {path: _Watch() for path in _PATHS}
    readers = [asyncio.create_task(_read(pipeline.api_url, path, watch)) for path, watch in watches.items()]
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=pipeline.stack.kafka.bootstrap_servers, acks="all", enable_idempotence=False
    )
    await producer.start()
    try:
        await _produce(producer, watches, 0, WARM_UP_SECONDS)
        for watch in watches.values():
            await _drained(watch)
            watch.latencies_seconds.clear()
        await _produce(producer, watches, WARM_UP_SECONDS * RATE_EVENTS_PER_SECOND, MEASURED_SECONDS)
        for watch in watches.values():
            await _drained(watch)
    finally:
        await producer.stop()
        for reader in readers:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
    return [latency for watch in watches.values() for latency in watch.latencies_seconds]


async def _produce(producer: Any, watches: dict[str, _Watch], first: int, seconds: int) -> None:
    started_at = time.perf_counter()
    for number in range(seconds * RATE_EVENTS_PER_SECOND):
        await asyncio.sleep(max(0.0, started_at + number / RATE_EVENTS_PER_SECOND - time.perf_counter()))
        event = _event((first + number) // len(_PATHS), _PATHS[number % len(_PATHS)])
        message = Message(event, datetime.now(UTC))
        watches[_PATHS[number % len(_PATHS)]].waiting.append((event.at, time.perf_counter()))
        await producer.send(message.topic, message.value(), message.key(), headers=message.headers())


def _event(number: int, path: str) -> Event:
    at = _FIRST_AT + number * _STEP
    known = {"zone": _ZONE, "granularity": Granularity.MINUTES_5, "at": at, "updated_at": at, "kind": Kind.MEASURED}
    fields: dict[str, Any] = {**known, "raw": "{}"}
    if path == "carbon-intensity":
        return CarbonIntensityEvent(variant="lifecycle", carbon_intensity_gco2eq_per_kwh=number % 900, **fields)
    power = PowerByMode(wind=float(number), solar=1.0, gas=2.0)
    return PowerBreakdownEvent(production_mw=power, consumption_mw=power, production_total_mw=number + 3.0, **fields)


async def _read(api_url: str, path: str, watch: _Watch) -> None:
    """Ask for what is awaited, over and over; an event counts as readable when an answer that holds it has come."""
    async with httpx.AsyncClient(base_url=f"{api_url}/v1/zones/{_ZONE}/", timeout=10) as client:
        while True:
            if not watch.waiting:
                await asyncio.sleep(0.005)
                continue
            first, last = watch.waiting[0][0], watch.waiting[-1][0]
            window = {"start": first.isoformat(), "end": (last + _STEP).isoformat(), "granularity": "5_minutes"}
            answer = await client.get(path, params={**window, "limit": 2500})
            if answer.status_code != 200:
                await asyncio.sleep(0.05)
                continue
            now = time.perf_counter()
            readable = {datetime.fromisoformat(row["at"]) for row in answer.json()["data"]}
            while watch.waiting and watch.waiting[0][0] in readable:
                watch.latencies_seconds.append(now - watch.waiting.popleft()[1])
            await asyncio.sleep(_POLL_SECONDS)


async def _drained(watch: _Watch) -> None:
    deadline = time.monotonic() + _GIVE_UP_SECONDS
    while watch.waiting:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(watch.waiting)} events are not readable after {_GIVE_UP_SECONDS} s")
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    sys.stdout.write(run() + "\n")
