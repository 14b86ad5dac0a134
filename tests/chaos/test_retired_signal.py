"""The source retires `power-breakdown`: electricity mix and flows take its place, and the API's views stay the same."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import pytest

from gridpulse_contract.models import ElectricityMixEvent, PowerBreakdownEvent, Signal
from gridpulse_contract.modes import MODES, STORAGE_MODES
from gridpulse_contract.normalise import SourceRequest, normalise
from gridpulse_platform import loopback, wait_until
from gridpulse_standin.settings import StandinSettings
from gridpulse_standin.source import Query, RowKey, Source, Version
from harness.pipeline import Pipeline

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(300)]

DEADLINE_SECONDS: Final = 120
HOUR: Final = timedelta(hours=1)
DAY_ROWS: Final = 24
ZONES: Final = ("CH", "IS")  # neighbours and pumped storage; neither
TOKEN: Final = "standin-all"  # noqa: S105 - opens nothing but made-up numbers
SUCCESSORS: Final = "electricity-mix,electricity-flows"
PARTS: Final = ["electricity-mix/normal", "electricity-mix/flow-traced", "electricity-flows"]
# The mix has decimals, the power breakdown whole MW.
ROUNDING_MW: Final = 0.5
SUM_ROUNDING_MW: Final = ROUNDING_MW * len(MODES)


def test_the_views_say_what_the_power_breakdown_would_have_said(pipeline: Pipeline) -> None:
    """Zones of which the platform never had a power breakdown."""
    _retire(pipeline)
    _poll_successors(pipeline, *ZONES)
    expected = _would_have_been(pipeline)
    assert {zone for zone, _ in expected} == set(ZONES)
    for zone in ZONES:
        of_zone = {at: event for (key, at), event in expected.items() if key == zone}
        assert len(of_zone) == DAY_ROWS
        rows = _wait_for_rows(pipeline, zone, min(of_zone), max(of_zone))
        for row in rows:
            _assert_says(row, of_zone[datetime.fromisoformat(row["at"])])
        _check(pipeline, zone, min(of_zone), max(of_zone))
        flows = _rows(pipeline, f"{zone}/flows", min(of_zone), max(of_zone))
        assert [row["import_mw"] for row in flows] == [row["import_mw"] for row in rows]
        assert any(row["import_mw"] or row["export_mw"] for row in flows) == (zone != "IS")


def test_one_series_goes_on_without_a_break(pipeline: Pipeline) -> None:
    zone, then = "FR", pipeline.virtual_now()
    last_of_old = then.replace(minute=0, second=0, microsecond=0) - HOUR
    first = last_of_old - 20 * HOUR
    # The pipeline may collect the new signals too: then rows are composed until the source's own ones arrive.
    _wait_for_rows(pipeline, zone, first, last_of_old, are_composed=False)
    _retire(pipeline)
    pipeline.set_clock(speed=0, now=then + 6 * HOUR)
    _poll_successors(pipeline, zone)
    rows = _wait_for_rows(pipeline, zone, first, last_of_old + 6 * HOUR)
    is_composed = ["composed_of" in row for row in rows]
    assert is_composed == sorted(is_composed)  # what the source had said itself stays
    assert not any(is_composed[:21])
    assert all(is_composed[-4:])
    totals = [row["consumption_total_mw"] for row in rows]
    assert all(abs(later - earlier) < 0.4 * earlier for earlier, later in pairwise(totals))


def _retire(pipeline: Pipeline) -> None:
    pipeline.inject(fault="no-route", path="*/power-breakdown/*")


def _poll_successors(pipeline: Pipeline, *zones: str) -> None:
    done = pipeline.run_ingester(
        "run", "--once", ZONES=",".join(zones), SIGNALS=SUCCESSORS, API_TOKEN=TOKEN, API_VERSION="v4"
    )
    assert done.returncode == 0, done.stderr


def _check(pipeline: Pipeline, zone: str, first: datetime, last: datetime) -> None:
    """What ends a scheduled run finds the new signals in the API, each by itself."""
    asked = ("--query-api-url", pipeline.api_url, "--start", first.isoformat(), "--end", (last + HOUR).isoformat())
    done = pipeline.run_ingester("check-range", *asked, ZONES=zone, SIGNALS=SUCCESSORS, API_TOKEN=TOKEN)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "well, all 3 series" in done.stdout


def _would_have_been(pipeline: Pipeline) -> dict[tuple[str, datetime], PowerBreakdownEvent]:
    """Of every normal mix in the ledger, the power breakdown that belongs to it: all is a function of the seed."""
    source = Source(StandinSettings().seed)
    expected: dict[tuple[str, datetime], PowerBreakdownEvent] = {}
    for event in pipeline.offered():
        if not isinstance(event, ElectricityMixEvent) or event.variant != "normal" or event.zone not in ZONES:
            continue
        key = RowKey(Query(Signal.POWER_BREAKDOWN, event.zone, event.granularity, ""), event.at, event.updated_at)
        request = SourceRequest(Signal.POWER_BREAKDOWN, event.zone, event.granularity)
        result = normalise(source.served(key, Version.V4).encode(), request, received_at=datetime.now(UTC))
        (power,) = result.events
        assert isinstance(power, PowerBreakdownEvent)
        expected[event.zone, event.at] = power
    return expected


def _assert_says(row: dict[str, Any], event: PowerBreakdownEvent) -> None:
    assert row["composed_of"] == PARTS
    assert datetime.fromisoformat(row["updated_at"]) == event.updated_at
    assert (row["kind"], row["estimation_method"] or "") == (event.kind, event.estimation_method)
    assert row["quality"] == sorted(event.quality_flags())
    for name, by_mode in (("production_mw", event.production_mw), ("consumption_mw", event.consumption_mw)):
        for mode, mw in by_mode.by_mode().items():
            assert _is_near(row[name][mode], mw, ROUNDING_MW), (name, mode, row, event)
    for name in ("production_total_mw", "consumption_total_mw"):
        assert _is_near(row[name], getattr(event, name), SUM_ROUNDING_MW), (name, row, event)
    for name in ("import_total_mw", "export_total_mw"):
        assert row[name] == getattr(event, name)
    for name in ("import_mw", "export_mw"):
        assert row[name] == {neighbour: mw for neighbour, mw in getattr(event, name).items() if mw}
    # The source counts storage in its percentages, as it sees fit; what is composed leaves it out.
    consumed = event.consumption_mw.by_mode()
    storage_mw = sum(consumed[mode] or 0 for mode in STORAGE_MODES)
    largest = 1 + 100 * storage_mw / (event.consumption_total_mw or 1)
    for name in ("renewable_percent", "fossil_free_percent"):
        said = getattr(event, name)
        assert said is None or _is_near(row[name], said, largest), (name, row, event)


def _is_near(value: float | None, other: float | None, most: float) -> bool:
    return value is other if value is None or other is None else abs(value - other) <= most


def _wait_for_rows(
    pipeline: Pipeline, zone: str, first: datetime, last: datetime, *, are_composed: bool = True
) -> list[dict[str, Any]]:
    """The API's power breakdown from one hour to another, both included, once it has all of them, whole; with or
    without composed ones among them."""
    hours = [first + n * HOUR for n in range((last - first) // HOUR + 1)]
    rows: list[dict[str, Any]] = []

    def are_there() -> bool:
        nonlocal rows
        rows = _rows(pipeline, f"{zone}/power-breakdown", first, last)
        is_whole = all(row.get("composed_of", PARTS) == PARTS for row in rows)
        if not are_composed:
            is_whole = not any("composed_of" in row for row in rows)
        return is_whole and [datetime.fromisoformat(row["at"]) for row in rows] == hours

    wait_until(are_there, DEADLINE_SECONDS, f"every hour of {zone}", pause_seconds=0.2)
    return rows


def _rows(pipeline: Pipeline, path: str, first: datetime, last: datetime) -> list[dict[str, Any]]:
    query = {"start": first.isoformat(), "end": (last + HOUR).isoformat()}
    answer = loopback.get(f"{pipeline.api_url}/v1/zones/{path}", params=query, timeout=10)
    return json.loads(answer.raise_for_status().text)["data"]
