"""Many events as full as real ones, for benchmarks."""

import asyncio
import random
import statistics
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from gridpulse_contract.models import Event, Granularity, Kind, PowerBreakdownEvent, PowerByMode
from gridpulse_contract.modes import MODES
from gridpulse_contract.zones import load_zones
from gridpulse_ingester.batch import Message

__all__ = ["FIRST_AT", "full_power_events", "produce_fast", "ratio_row"]

FIRST_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)


def full_power_events(count: int) -> Iterator[PowerBreakdownEvent]:
    """Hours of every zone from FIRST_AT on: most modes known, four neighbours on each side, a raw row."""
    rng = random.Random(1)  # noqa: S311 - made-up data
    zones = list(load_zones())
    for number in range(count):
        at = FIRST_AT + number // len(zones) * timedelta(hours=1)
        yield PowerBreakdownEvent(
            zone=zones[number % len(zones)],
            granularity=Granularity.HOURLY,
            at=at,
            updated_at=at + timedelta(minutes=50, milliseconds=rng.randint(0, 999)),
            kind=Kind.MEASURED,
            raw="x" * 900,
            production_mw=_power(rng),
            consumption_mw=_power(rng),
            import_mw={zone: float(rng.randint(0, 900)) for zone in rng.sample(zones, 4)},
            export_mw={zone: float(rng.randint(0, 900)) for zone in rng.sample(zones, 4)},
            production_total_mw=50_000.0,
            consumption_total_mw=48_000.0,
            import_total_mw=500.0,
            export_total_mw=520.0,
            renewable_percent=70.0,
            fossil_free_percent=71.0,
        )


def produce_fast(bootstrap_servers: str, events: Iterable[Event]) -> None:
    """As the ingester sends them, in large batches."""
    asyncio.run(_produce(bootstrap_servers, events))


def ratio_row(what: str, rates: Sequence[tuple[float, float]], count: int, target: str) -> str:
    """A Markdown row from the rounds that count: of each the rate per second, and that of its limit, over `count`."""
    rate, limit = (statistics.median(column) for column in zip(*rates, strict=True))
    measured = f"{rate:,.0f} of a limit of {limit:,.0f}: **{rate / limit:.0%}**"
    return f"| {what} | {measured} (median of {len(rates)} rounds of {count:,}) | {target} |"


async def _produce(bootstrap_servers: str, events: Iterable[Event]) -> None:
    producer: Any = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all", linger_ms=20)
    await producer.start()
    try:
        for event in events:
            message = Message(event, event.updated_at)
            await producer.send(message.topic, message.value(), message.key(), headers=message.headers())
        await producer.flush()
    finally:
        await producer.stop()


def _power(rng: random.Random) -> PowerByMode:
    return PowerByMode(**{mode: float(rng.randint(0, 9_000)) if rng.random() > 0.2 else None for mode in MODES})
