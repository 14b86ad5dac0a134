"""The roll-up to days gives the energy and coverage of the golden table, which the batch side reproduces too."""

import csv
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from gridpulse_contract.zones import load_zones
from gridpulse_query_api.buckets import Resolution, buckets
from gridpulse_query_api.power import power_bucket
from gridpulse_query_api.rollup import fill
from gridpulse_query_api.rows import Row

from .conftest import power_row

GOLDEN: Final = Path(__file__).parents[3] / "tests" / "golden"
TOLERANCE: Final = 1e-6  # MWh, percent
HOUR_MS: Final = 3_600_000


def read(name: str) -> list[dict[str, str]]:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def days_of(zone: str, clock: tzinfo) -> dict[date, dict[str, Any]]:
    """The roll-up of every day that has a row."""
    found: dict[date, dict[str, Any]] = {}
    rows: list[Row] = []
    for row in read("hours.csv"):
        numbers = {name: float(value) for name, value in row.items() if name not in ("zone", "at") and value}
        if row["zone"] == zone:
            rows.append(power_row(datetime.fromisoformat(row["at"]), None, **numbers))
    start, end = datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 4, 10, tzinfo=UTC)
    for bucket in fill(list(buckets(Resolution.DAY, clock, start, end)), rows, HOUR_MS):
        if bucket.rows:
            found[(bucket.start + timedelta(hours=1)).astimezone(clock).date()] = power_bucket(bucket)
    return found


@pytest.mark.parametrize("calendar", ["utc", "local"])
@pytest.mark.parametrize("zone", ["DE", "PT-AC"])
def test_days_are_those_of_the_golden_table(zone: str, calendar: str) -> None:
    found = days_of(zone, UTC if calendar == "utc" else ZoneInfo(load_zones()[zone].timezone))
    expected = [row for row in read("energy_daily.csv") if (row["zone"], row["calendar"]) == (zone, calendar)]
    assert {date.fromisoformat(row["day"]) for row in expected} == found.keys()
    for row in expected:
        document = found[date.fromisoformat(row["day"])]
        coverage = document["coverage_percent_by_value"]
        if row["mode"] == "total":
            energy, percent = document[f"{row['flow']}_total_mwh"], coverage[f"{row['flow']}_total_mw"]
        else:
            energy, percent = document[f"{row['flow']}_mwh"][row["mode"]], coverage[f"{row['flow']}_mw"][row["mode"]]
        wanted = float(row["energy_mwh"] or "nan")
        assert energy == pytest.approx(wanted, abs=TOLERANCE, nan_ok=True), row
        assert percent == pytest.approx(float(row["coverage_percent"]), abs=TOLERANCE), row
