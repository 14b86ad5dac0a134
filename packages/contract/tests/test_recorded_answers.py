"""Recorded answers of the real API go through normalisation, and say what is known of them.

The recordings are not part of the repository: set GRIDPULSE_REFERENCE_DIR to the folder that has them in
`electricity-maps/samples`, or keep that folder as `../shared` beside it.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gridpulse_contract.models import (
    CarbonIntensityEvent,
    CarbonIntensityForecastEvent,
    ElectricityFlowsEvent,
    ElectricityMixEvent,
    PowerBreakdownEvent,
    PowerByMode,
    Reason,
    Signal,
)
from gridpulse_contract.normalise import Normalised, SourceRequest, normalise

_BESIDE = Path(__file__).parents[3].parent / "shared"
SAMPLES = Path(os.environ.get("GRIDPULSE_REFERENCE_DIR", _BESIDE)) / "electricity-maps" / "samples"
TOLERANCE_MW = 5.0

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the recorded answers are not here (GRIDPULSE_REFERENCE_DIR)"),
]

# What each recording must become: number of events, then the reason of each rejection.
EXPECTED: dict[str, tuple[int, list[Reason]]] = {
    "v3_carbon-intensity_forecast": (3, []),
    "v3_carbon-intensity_history_DE_trimmed": (5, []),
    "v3_carbon-intensity_latest_US-CAR-DUK": (1, []),
    "v3_carbon-intensity_past-range": (3, []),
    "v3_carbon-intensity_past": (1, []),
    "v3_health": (0, [Reason.UNEXPECTED_SHAPE]),
    "v3_home-assistant_no-data": (0, [Reason.UNEXPECTED_SHAPE]),
    "v3_home-assistant_ok": (0, [Reason.UNEXPECTED_SHAPE]),
    "v3_power-breakdown_history_DE_trimmed": (6, []),
    "v3_power-breakdown_latest_DE": (1, []),
    "v3_power-breakdown_latest_FR_docs": (1, []),
    "v3_power-breakdown_past-range": (0, [Reason.WRONG_ZONE]),  # the documentation's row is of another zone
    "v3_power-breakdown_past": (1, []),
    "v3_updated-since": (0, [Reason.UNEXPECTED_SHAPE]),
    "v3_zones_2024_subset": (0, [Reason.UNEXPECTED_SHAPE]),
    "v4_carbon-intensity-level_latest": (0, [Reason.MISSING_FIELD]),
    "v4_carbon-intensity_forecast_trimmed": (2, []),
    "v4_carbon-intensity_history_trimmed": (3, []),
    "v4_carbon-intensity_latest": (1, []),
    "v4_electricity-flows_latest": (1, []),
    "v4_electricity-flows_past-range_FR_SANDBOX": (1, []),  # its rows do not say that they are of a sandbox
    "v4_electricity-mix_forecast_trimmed": (1, []),  # nothing in it says so: it must not be asked for
    "v4_electricity-mix_history_normal_trimmed": (3, []),
    "v4_electricity-mix_latest_flow-traced": (1, []),
    "v4_electricity-mix_latest_normal": (1, []),
    "v4_electricity-mix_past-range_FR_SANDBOX": (0, [Reason.SANDBOX]),
    "v4_electricity-source_wind_latest": (0, [Reason.MISSING_FIELD]),
    "v4_net-load_forecast_trimmed": (0, [Reason.MISSING_FIELD]),
    "v4_net-load_latest": (0, [Reason.MISSING_FIELD]),
    "v4_price-day-ahead_combined_trimmed": (0, [Reason.MISSING_FIELD] * 3),
    "v4_price-day-ahead_latest": (0, [Reason.MISSING_FIELD]),
    "v4_renewable-energy_latest": (0, [Reason.MISSING_FIELD]),
    "v4_total-load_latest": (0, [Reason.MISSING_FIELD]),
    "v4_zones_free-tier_IT_excerpt": (0, [Reason.UNEXPECTED_SHAPE]),
}


def _read(name: str, **changes: Any) -> Normalised:
    body = (SAMPLES / f"{name}.json").read_bytes()
    document: dict[str, Any] = json.loads(body)
    if changes:
        body = json.dumps(document | changes).encode()
    signal, variant = _asked(name)
    zone = changes.get("zone") or document.get("zone") or "DE"
    received_at = datetime(2026, 8, 23, tzinfo=UTC)
    return normalise(body, SourceRequest(signal, zone, variant=variant), received_at=received_at)


def _asked(name: str) -> tuple[Signal, str]:
    if "carbon-intensity_forecast" in name:
        return Signal.CARBON_INTENSITY_FORECAST, "lifecycle"
    if "carbon-intensity" in name:
        return Signal.CARBON_INTENSITY, "lifecycle"
    if "electricity-mix" in name:
        return Signal.ELECTRICITY_MIX, "flow-traced" if "flow-traced" in name else "normal"
    return (Signal.ELECTRICITY_FLOWS if "electricity-flows" in name else Signal.POWER_BREAKDOWN), ""


def _power_events() -> list[PowerBreakdownEvent]:
    """All recorded power rows; the past-range sample with its envelope's zone mended, to have its row too."""
    names = [name for name in EXPECTED if "power-breakdown" in name]
    results = [_read(name, **({"zone": "DK-DK1"} if name.endswith("past-range") else {})) for name in names]
    return [event for result in results for event in result.events if isinstance(event, PowerBreakdownEvent)]


def _values(power: PowerByMode) -> dict[str, float]:
    return {mode: value for mode, value in power.model_dump().items() if value is not None}


def test_every_recording_is_listed() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recording_becomes_the_known_events_and_rejections(name: str) -> None:
    result = _read(name)
    assert (len(result.events), [rejection.reason for rejection in result.rejections]) == EXPECTED[name]


def test_rows_are_read_without_unknown_fields() -> None:
    names = [name for name, (events, _) in EXPECTED.items() if events]
    assert all(not _read(name).unrecognised for name in names)


def test_totals_agree_with_their_parts() -> None:
    """Production total = the positive entries; consumption = production, pumping included, + import - export."""
    events = _power_events()
    assert len(events) == 10
    for event in events:
        production = _values(event.production_mw)
        positive = sum(value for value in production.values() if value > 0)
        assert event.production_total_mw == pytest.approx(positive, abs=TOLERANCE_MW)
        assert event.import_total_mw is not None
        assert event.export_total_mw is not None
        balance = sum(production.values()) + event.import_total_mw - event.export_total_mw
        if event.zone != "FR":  # the documentation's FR row is made up, and does not add up
            assert event.consumption_total_mw == pytest.approx(balance, abs=TOLERANCE_MW)
        assert all(value >= 0 for value in _values(event.consumption_mw).values())


def test_pumping_is_negative_production_and_missing_is_not_zero() -> None:
    events = [event for event in _power_events() if event.zone == "DE"]
    pumping = [event.production_mw.hydro_discharge for event in events]
    assert min(value for value in pumping if value is not None) < 0
    assert all(event.production_mw.nuclear is None for event in events)  # none reported since 2023
    assert all(event.consumption_mw.nuclear is not None for event in events)


def test_recorded_carbon_intensities() -> None:
    (latest,) = _read("v4_carbon-intensity_latest").events
    assert isinstance(latest, CarbonIntensityEvent)
    assert latest.carbon_intensity_gco2eq_per_kwh == 75
    assert (latest.kind, latest.estimation_method) == ("estimated", "FORECASTS_HIERARCHY")
    history = _read("v4_carbon-intensity_history_trimmed").events
    assert [event.kind for event in history] == ["measured", "measured", "estimated"]
    assert [getattr(event, "carbon_intensity_gco2eq_per_kwh", None) for event in history] == [246, 72, 70]


def test_a_forecast_is_of_the_time_that_its_answer_says() -> None:
    events = _read("v4_carbon-intensity_forecast_trimmed").events
    forecasts = [event for event in events if isinstance(event, CarbonIntensityForecastEvent)]
    issued_at = datetime(2026, 8, 22, 17, 34, 24, 392_000, tzinfo=UTC)
    assert [event.issued_at for event in forecasts] == [issued_at] * 2
    assert [(event.at.hour, event.carbon_intensity_gco2eq_per_kwh) for event in forecasts] == [(17, 77), (18, 76)]
    assert forecasts[0].key()[-2:] == (datetime(2026, 8, 22, 17, tzinfo=UTC), issued_at)


def test_a_mix_without_storage_has_none_and_one_that_charges_is_negative() -> None:
    (traced,) = _read("v4_electricity-mix_latest_flow-traced").events
    (normal,) = _read("v4_electricity-mix_latest_normal").events
    assert isinstance(traced, ElectricityMixEvent)
    assert isinstance(normal, ElectricityMixEvent)
    assert (traced.mix_mw.hydro_discharge, traced.import_total_mw) == (1.69, None)
    assert (normal.mix_mw.hydro_discharge, normal.import_total_mw, normal.export_total_mw) == (None, 895, 665)
    assert (normal.kind, normal.estimation_method) == ("estimated", "FORECASTS_HIERARCHY")
    body = (SAMPLES / "v4_electricity-mix_past-range_FR_SANDBOX.json").read_bytes()
    request = SourceRequest(Signal.ELECTRICITY_MIX, "FR", variant="normal")
    (charging,) = normalise(body, request, received_at=datetime(2026, 8, 23, tzinfo=UTC), accept_sandbox=True).events
    assert isinstance(charging, ElectricityMixEvent)
    assert charging.mix_mw.hydro_discharge == -1239.355


def test_flows_are_by_neighbour() -> None:
    (event,) = _read("v4_electricity-flows_latest").events
    assert isinstance(event, ElectricityFlowsEvent)
    assert event.import_mw == {"DE": 36}
    assert event.export_mw == {"DK-DK1": 450, "SE-SE4": 453}
