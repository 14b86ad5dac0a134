"""What people see: numbers, times, and nothing that is not there."""

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from gridpulse.showing import best_window_table, line_of, number, range_table, ranking_table, time_of, zones_table

BERLIN = ZoneInfo("Europe/Berlin")
ROW: dict[str, Any] = {
    "at": "2026-01-31T13:00:00Z",
    "kind": "estimated",
    "production_total_mw": 55600.4,
    "consumption_total_mw": None,
    "net_import_mw": -3600.0,
    "renewable_percent": 0.0,
    "fossil_free_percent": 73.25,
}


def text_of(table: Table) -> str:
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(None, 0, "–"), (0.0, 0, "0"), (-0.0, 1, "0.0"), (-0.4, 0, "0"), (1234567.0, 0, "1,234,567"), (-20.0, 1, "-20.0")],
)
def test_numbers(value: float | None, decimals: int, shown: str) -> None:
    assert number(value, decimals) == shown


@given(st.floats(-1e12, 1e12), st.integers(0, 3))
def test_a_number_can_be_read_back(value: float, decimals: int) -> None:
    assert float(number(value, decimals).replace(",", "")) == pytest.approx(value, abs=10**-decimals)


def test_times_are_on_the_clock_that_is_asked_for() -> None:
    assert time_of("2026-01-31T23:30:00Z", UTC) == "2026-01-31 23:30"
    assert time_of("2026-01-31T23:30:00Z", BERLIN) == "2026-02-01 00:30"
    assert time_of(None, UTC) == "–"


def test_a_missing_number_is_a_dash_and_a_zero_is_a_zero() -> None:
    line = line_of("power-breakdown", ROW, None)
    assert line.startswith("2026-01-31 13:00 UTC  power-breakdown  estimated  produced 55,600 MW, consumed –, ")
    assert "net import -3,600 MW, renewable 0.0 %" in line
    assert "2026-01-31 14:00 Europe/Berlin" in line_of("power-breakdown", ROW, BERLIN)


def test_a_signal_of_the_future_is_a_line_all_the_same() -> None:
    assert line_of("forecast", {"at": "2026-01-31T13:00:00Z"}, None).startswith("2026-01-31 13:00 UTC  forecast")


def test_a_range_says_what_it_is_and_where_it_is_from() -> None:
    document = {"zone": "DE", "granularity": "hourly", "attribution": "The source", "data": [ROW]}
    text = text_of(range_table(document, "power-breakdown", None))
    for words in (
        "DE power breakdown, hourly",
        "time (UTC)",
        "2026-01-31 13:00",
        "55,600",
        "73.2",
        "Source: The source",
    ):
        assert words in text


def test_roll_ups_are_on_their_own_clock() -> None:
    bucket = {"at": "2026-01-30T23:00:00Z", "kind": None, "coverage_percent": 12.5}
    bucket["carbon_intensity_gco2eq_per_kwh"] = 285
    document = {"zone": "DE", "granularity": "hourly", "variant": "direct", "resolution": "day", "data": [bucket]}
    text = text_of(range_table({**document, "timezone": "Europe/Berlin"}, "carbon-intensity", None))
    for words in ("hourly, direct, by day", "time (Europe/Berlin)", "2026-01-31 00:00", "12.5", "285"):
        assert words in text
    assert "2026-01-30 23:00" in text_of(range_table({**document, "timezone": "UTC"}, "carbon-intensity", None))


def test_names_are_no_markup() -> None:
    zone: dict[str, Any] = {"key": "XX", "name": "[red]Zone[/red]", "country": "XX", "timezone": "UTC", "parent": None}
    assert "[red]Zone[/red]" in text_of(zones_table({"data": [zone]}))


def test_zones_without_a_number_are_in_the_ranking() -> None:
    known = {"rank": 1, "zone": "FR", "name": "France", "value": 95.04, "kind": "measured", "at": ROW["at"]}
    unknown = {"rank": None, "zone": "XX", "name": None, "value": None, "kind": None, "at": None}
    document = {"metric": "fossil_free_percent", "unit": "%", "data": [known, unknown]}
    lines = text_of(ranking_table(document, None)).splitlines()
    assert any("France" in line and "95.0" in line for line in lines)
    assert any("XX" in line and line.count("–") == 5 for line in lines)


def test_waiting_is_compared_with_the_earliest_start_that_was_asked_for() -> None:
    best: dict[str, Any] = {
        "zone": "DE",
        "granularity": "hourly",
        "variant": "lifecycle",
        "unit": "gCO2eq/kWh",
        "attribution": "",
        "age_seconds": 900,
        "duration": "PT3H",
        "start": "2026-01-31T18:00:00Z",
        "end": "2026-01-31T21:00:00Z",
        "mean_gco2eq_per_kwh": 240.0,
        "soonest_mean_gco2eq_per_kwh": 300.0,
        "saved_percent": 20.0,
        "span_mean_gco2eq_per_kwh": 270.0,
    }
    text = text_of(best_window_table(best, UTC))
    assert [line.split("│")[1].strip() for line in text.splitlines() if "gCO2eq/kWh" in line and "│" in line] == [
        "expected then",
        "expected at the earliest",
        "expected on average",
    ]
