"""Daily energy and coverage are those of the golden table, which the query API and BigQuery reproduce too."""

import csv
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pytest

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_contract.modes import MODES

from .conftest import Lake, Made, made

GOLDEN: Final = Path(__file__).parents[3] / "tests" / "golden"
TOLERANCE: Final = 1e-6  # MWh, percent


def read(name: str) -> list[dict[str, str]]:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_daily_energy_is_that_of_the_golden_table(lake: Lake, answer: Callable[..., list[Made]]) -> None:
    hours = read("hours.csv")
    numbers = hours[0].keys() & set(POWER_NUMBER_COLUMNS)
    lake(
        made(row["zone"], datetime.fromisoformat(row["at"]), None, **{n: float(row[n]) for n in numbers if row[n]})
        for row in hours
    )
    expected = {
        (row["zone"], row["calendar"], row["day"], row["flow"], row["mode"]): row for row in read("energy_daily.csv")
    }
    found = {
        (row["zone"], row["calendar"], str(row["day"]), row["flow"], row["mode"]): row
        for start, end in ((date(2025, 10, 1), date(2025, 11, 1)), (date(2026, 3, 1), date(2026, 4, 1)))
        for row in answer("energy_daily", start, end)
    }
    assert expected.keys() <= found.keys()
    for key, row in expected.items():
        energy = float(row["energy_mwh"]) if row["energy_mwh"] else None
        assert found[key]["energy_mwh"] == pytest.approx(energy, abs=TOLERANCE), key
        assert found[key]["coverage_percent"] == pytest.approx(float(row["coverage_percent"]), abs=TOLERANCE), key
    # Every day has every number that a row can have, so that one which is taken back is known to be gone.
    days = {key[:3] for key in expected}
    assert {key[:3] for key in found} == days
    assert len(found) == len(days) * (2 * len(MODES) + 4)
    assert all(found[key]["energy_mwh"] is None for key in found.keys() - expected.keys())
