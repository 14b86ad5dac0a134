"""Made-up revision histories with all that the source is known to do, and ways to disturb their order."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from gridpulse_contract.models import (
    CarbonIntensityEvent,
    CarbonIntensityForecastEvent,
    ElectricityFlowsEvent,
    ElectricityMixEvent,
    Event,
    Granularity,
    Kind,
    PowerBreakdownEvent,
    PowerByMode,
)
from gridpulse_contract.modes import MODES

__all__ = ["Delivery", "disturbed", "history", "in_order"]

# Around New Year: partitions by year and by month change in the middle.
_FIRST_HOUR: Final = datetime(2025, 12, 31, 12, tzinfo=UTC)
_ZONES: Final = ("DE", "FR", "ES", "IT")


@dataclass(frozen=True)
class Delivery:
    """An event as a poll brought it: the same event fetched twice differs in `fetched_at` alone."""

    event: Event
    fetched_at: datetime


def history(seed: int, *, hours: int = 60, zones: Sequence[str] = _ZONES) -> list[Event]:
    """Every revision of `hours` hours of the zones, all signals, in the order in which the source made them.

    An hour has one to six revisions: estimated, then measured; some touched without a change, some flipping A→B→A,
    some turned to null, some with two contents under one `updated_at`, some measured late.
    """
    rng = random.Random(seed)  # noqa: S311 - made-up data
    events: list[Event] = []
    for hour in range(hours):
        at = _FIRST_HOUR + timedelta(hours=hour)
        for zone in zones:
            events.extend(_revisions(rng, zone, at))
    return sorted(events, key=lambda event: event.updated_at)


def _revisions(rng: random.Random, zone: str, at: datetime) -> Iterable[Event]:
    updated_at = at + timedelta(minutes=rng.randint(1, 50))
    values = [_content(rng) for _ in range(2)]
    for number in range(rng.randint(1, 6)):
        content = rng.choice(values)  # A→B→A, and touched without a change
        kind = Kind.ESTIMATED if number < 2 else Kind.MEASURED
        method = "TIME_SLICER_AVERAGE" if kind is Kind.ESTIMATED else ""
        yield from _events(zone, at, updated_at, kind, method, content)
        if rng.random() < 0.1:  # a second content under the same updated_at
            yield from _events(zone, at, updated_at, kind, method, _content(rng))
        updated_at += timedelta(milliseconds=rng.randint(1, 6 * 3600 * 1000))
    if rng.random() < 0.15:  # the source takes its values back
        nothing = _Content(PowerByMode(), PowerByMode(), {}, None, None)
        yield from _events(zone, at, updated_at, Kind.UNKNOWN, "", nothing)


@dataclass(frozen=True)
class _Content:
    production_mw: PowerByMode
    consumption_mw: PowerByMode
    import_mw: dict[str, float | None]
    total_mw: float | None
    carbon_intensity: float | None


def _content(rng: random.Random) -> _Content:
    def power() -> PowerByMode:
        return PowerByMode(**{mode: _number(rng, -4000, 30000) for mode in MODES})

    neighbours = rng.sample(["BE", "CH", "AT", "PL", "NO-NO2"], rng.randint(0, 4))
    return _Content(
        production_mw=power(),
        consumption_mw=power(),
        import_mw={neighbour: _number(rng, 0, 3000) for neighbour in neighbours},
        total_mw=_number(rng, 10_000, 80_000),
        carbon_intensity=_number(rng, 10, 900),
    )


def _number(rng: random.Random, low: int, high: int) -> float | None:
    return None if rng.random() < 0.2 else float(rng.randint(low, high))


def _events(
    zone: str, at: datetime, updated_at: datetime, kind: Kind, method: str, content: _Content
) -> Iterable[Event]:
    granularity = Granularity.HOURLY
    yield PowerBreakdownEvent(
        zone=zone, granularity=granularity, at=at, updated_at=updated_at, kind=kind, estimation_method=method, raw="{}",
        production_mw=content.production_mw, consumption_mw=content.consumption_mw,
        import_mw=content.import_mw, production_total_mw=content.total_mw, renewable_percent=content.carbon_intensity,
    )  # fmt: skip
    variants: tuple[Literal["lifecycle", "direct"], ...] = ("lifecycle", "direct")
    for variant in variants:
        yield CarbonIntensityEvent(
            zone=zone, granularity=granularity, at=at, updated_at=updated_at, kind=kind, estimation_method=method,
            raw="{}", variant=variant, carbon_intensity_gco2eq_per_kwh=content.carbon_intensity,
        )  # fmt: skip
    yield CarbonIntensityForecastEvent(
        zone=zone, granularity=granularity, at=at + timedelta(hours=6), updated_at=updated_at, kind=Kind.UNKNOWN,
        raw="{}", variant="lifecycle", issued_at=updated_at, carbon_intensity_gco2eq_per_kwh=content.carbon_intensity,
    )  # fmt: skip
    yield ElectricityMixEvent(
        zone=zone, granularity=granularity, at=at, updated_at=updated_at, kind=kind, estimation_method=method, raw="{}",
        variant="normal", mix_mw=content.production_mw, import_total_mw=content.total_mw,
    )  # fmt: skip
    yield ElectricityFlowsEvent(
        zone=zone, granularity=granularity, at=at, updated_at=updated_at, kind=kind, estimation_method=method, raw="{}",
        import_mw=content.import_mw,
    )  # fmt: skip


def in_order(events: Sequence[Event]) -> list[Delivery]:
    """Each event once, in the source's order, fetched a minute after it was updated."""
    return [Delivery(event, event.updated_at + timedelta(minutes=1)) for event in events]


def disturbed(events: Sequence[Event], seed: int) -> list[Delivery]:
    """All events shuffled, with about a third of them delivered again, once or more, fetched at other times."""
    rng = random.Random(seed)  # noqa: S311 - made-up data
    repeats = rng.choices(events, k=len(events) // 2)
    fetched = [
        Delivery(event, event.updated_at + timedelta(seconds=rng.randint(1, 500_000))) for event in [*events, *repeats]
    ]
    rng.shuffle(fetched)
    return fetched
