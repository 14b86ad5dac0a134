"""Quality flags: each case changes one thing in a row that has no flags."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gridpulse_contract.models import CarbonIntensityEvent, Event, Granularity, Kind, PowerBreakdownEvent
from gridpulse_contract.quality import Quality

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


def power(**changes: Any) -> Event:
    """Pumping at 2,000 MW; sums that hold, to the MW."""
    fields = {
        "zone": "DE",
        "granularity": Granularity.HOURLY,
        "at": AT,
        "updated_at": AT + timedelta(minutes=48),
        "kind": Kind.MEASURED,
        "raw": "{}",
        "production_mw": {"coal": 9_000.0, "wind": 30_000.0, "hydro_discharge": -2_000.0},
        "consumption_mw": {"coal": 8_900.0, "wind": 28_080.0},
        "import_mw": {"FR": 500.0, "NL": None},
        "export_mw": {"NL": 520.0},
        "production_total_mw": 39_000.0,
        "consumption_total_mw": 36_980.0,
        "import_total_mw": 500.0,
        "export_total_mw": 520.0,
        "renewable_percent": 76.0,
        "fossil_free_percent": 76.0,
    }
    return PowerBreakdownEvent.model_validate(fields | changes)


def carbon_intensity(**changes: Any) -> Event:
    fields = {
        "zone": "DE",
        "granularity": Granularity.HOURLY,
        "at": AT,
        "updated_at": AT,
        "kind": Kind.MEASURED,
        "raw": "{}",
        "variant": "lifecycle",
        "carbon_intensity_gco2eq_per_kwh": 412.0,
    }
    return CarbonIntensityEvent.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("event", "flags"),
    [
        (power(), set[Quality]()),
        (power(production_total_mw=39_005.0), set[Quality]()),
        (power(production_total_mw=39_006.0), {Quality.BALANCE}),
        (power(production_total_mw=None, consumption_total_mw=None), set[Quality]()),
        (power(consumption_total_mw=38_980.0), {Quality.BALANCE}),  # without the pumping
        (power(consumption_total_mw=38_980.0, import_total_mw=None), set[Quality]()),
        (power(import_mw={"FR": 510.0}), {Quality.BALANCE}),
        (power(import_mw={}, export_mw={}), set[Quality]()),
        (power(consumption_mw={"coal": -1.0}), {Quality.SIGN}),
        (power(production_mw={"coal": -1.0}, production_total_mw=0.0, consumption_total_mw=-21.0), {Quality.SIGN}),
        (power(export_mw={"NL": 530.0, "FR": -10.0}), {Quality.SIGN}),
        (power(consumption_mw={"coal": 600_000.0}), {Quality.RANGE}),
        (power(import_total_mw=None, import_mw={"FR": 100_001.0}), {Quality.RANGE}),
        (power(renewable_percent=101.0), {Quality.RANGE}),
        (power(at=datetime(1999, 12, 31, 23, tzinfo=UTC)), {Quality.RANGE}),
        (power(updated_at=AT - timedelta(days=1)), set[Quality]()),
        (power(updated_at=AT - timedelta(days=1, seconds=1)), {Quality.AHEAD}),
        (power(updated_at=AT - timedelta(days=2), kind=Kind.ESTIMATED), set[Quality]()),
        (carbon_intensity(), set[Quality]()),
        (carbon_intensity(carbon_intensity_gco2eq_per_kwh=None), set[Quality]()),
        (carbon_intensity(carbon_intensity_gco2eq_per_kwh=-1.0), {Quality.SIGN}),
        (carbon_intensity(carbon_intensity_gco2eq_per_kwh=2_001.0), {Quality.RANGE}),
    ],
)
def test_flags(event: Event, flags: set[Quality]) -> None:
    assert event.quality_flags() == flags
