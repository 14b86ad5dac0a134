"""A missing number is null where people look: never 0, and never what an older revision said."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from gridpulse_contract.models import CarbonIntensityEvent, Event, Granularity, Kind, PowerBreakdownEvent, PowerByMode
from gridpulse_platform import loopback, wait_until
from harness.histories import Delivery
from harness.pipeline import Pipeline
from harness.streaming import produce

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(600)]

ZONE: Final = "PT"  # one that the pipeline does not poll
AT: Final = datetime(2025, 12, 31, 23, tzinfo=UTC)
FIRST: Final = AT + timedelta(minutes=30)
SECOND: Final = AT + timedelta(hours=6)
DEADLINE_SECONDS: Final = 180


@pytest.mark.parametrize(
    ("hour", "order"), [(0, (0, 1)), (1, (1, 0)), (2, (0, 1, 0))], ids=["in-order", "reversed", "old-one-again"]
)
def test_a_value_that_was_taken_back_is_null(hour: int, order: tuple[int, ...], pipeline: Pipeline) -> None:
    at = AT + timedelta(hours=hour)
    revisions = ([*_events(at, FIRST, 500.0)], [*_events(at, SECOND, None)])
    for number in order:
        produce(
            pipeline.stack.kafka.bootstrap_servers,
            [Delivery(event, event.updated_at + timedelta(minutes=1)) for event in revisions[number]],
        )
    window = {"start": at.isoformat(), "end": (at + timedelta(hours=1)).isoformat()}
    power, carbon = (_wait_for_row(pipeline, signal, window) for signal in ("power-breakdown", "carbon-intensity"))
    assert power["production_mw"]["wind"] is None
    assert power["production_mw"]["solar"] == 0
    assert power["production_total_mw"] is None
    assert power["import_mw"] == {"ES": None}
    assert carbon["carbon_intensity_gco2eq_per_kwh"] is None
    as_of = _get(pipeline, "power-breakdown", {**window, "as_of": (SECOND - timedelta(minutes=1)).isoformat()})
    assert as_of["data"][0]["production_mw"]["wind"] == 500
    assert as_of["data"][0]["import_mw"] == {"ES": 500}


def _events(at: datetime, updated_at: datetime, value: float | None) -> tuple[Event, Event]:
    known: dict[str, Any] = {
        "zone": ZONE,
        "granularity": Granularity.HOURLY,
        "at": at,
        "updated_at": updated_at,
        "kind": Kind.MEASURED,
        "raw": "{}",
    }
    production = PowerByMode(wind=value, solar=0.0)
    power = PowerBreakdownEvent(
        production_mw=production, consumption_mw=production, production_total_mw=value, import_mw={"ES": value}, **known
    )
    return power, CarbonIntensityEvent(variant="lifecycle", carbon_intensity_gco2eq_per_kwh=value, **known)


def _wait_for_row(pipeline: Pipeline, signal: str, window: dict[str, str]) -> dict[str, Any]:
    """The row of the second revision, once it is readable; and then for good, whatever still arrives."""

    def newest() -> dict[str, Any] | None:
        rows: list[dict[str, Any]] = _get(pipeline, signal, window)["data"]
        is_there = bool(rows) and datetime.fromisoformat(rows[0]["updated_at"]) == SECOND
        return rows[0] if is_there and len(_get(pipeline, f"{signal}/revisions", window)["data"]) == 2 else None

    row = wait_until(newest, DEADLINE_SECONDS, f"the second revision of {signal}")
    assert row is not None
    return row


def _get(pipeline: Pipeline, path: str, parameters: dict[str, str]) -> dict[str, Any]:
    answer = loopback.get(f"{pipeline.api_url}/v1/zones/{ZONE}/{path}", params=parameters, timeout=10)
    if answer.status_code == 404:
        return {"data": []}
    document: dict[str, Any] = answer.raise_for_status().json()
    return document
