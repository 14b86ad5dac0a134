"""Answers of made-up values in the API's shapes, and strategies for random ones."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gridpulse_contract.models import Signal
from gridpulse_contract.normalise import SourceRequest

RECEIVED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def received_at() -> datetime:
    return RECEIVED_AT


@pytest.fixture
def power_request() -> SourceRequest:
    return SourceRequest(Signal.POWER_BREAKDOWN, "DE")


@pytest.fixture
def carbon_request() -> SourceRequest:
    return SourceRequest(Signal.CARBON_INTENSITY, "DE", variant="lifecycle")


@pytest.fixture
def power_row() -> dict[str, Any]:
    """A row of DE while it pumps and reports no nuclear."""
    production: dict[str, Any] = {
        "nuclear": None, "geothermal": 20, "biomass": 4000, "coal": 9000, "wind": 30000, "solar": 0, "hydro": 1500,
        "gas": 5000, "oil": 200, "unknown": 300, "hydro discharge": -2000, "battery discharge": None,
    }  # fmt: skip
    consumption = {mode: abs(value or 0) for mode, value in production.items()} | {"hydro discharge": 0, "wind": 28000}
    return {
        "zone": "DE",
        "datetime": "2026-03-01T10:00:00.000Z",
        "updatedAt": "2026-03-01T10:48:27.926Z",
        "createdAt": "2026-02-26T10:46:59.534Z",
        "powerConsumptionBreakdown": consumption,
        "powerProductionBreakdown": production,
        "powerImportBreakdown": {"FR": 500, "NL": 0},
        "powerExportBreakdown": {"FR": 0, "NL": 520},
        "fossilFreePercentage": 71,
        "renewablePercentage": 70,
        "powerConsumptionTotal": 48000,
        "powerProductionTotal": 50020,
        "powerImportTotal": 500,
        "powerExportTotal": 520,
        "isEstimated": True,
        "estimationMethod": "TIME_SLICER_AVERAGE",
        "temporalGranularity": "hourly",
    }


@pytest.fixture
def carbon_row() -> dict[str, Any]:
    return {
        "zone": "DE",
        "carbonIntensity": 412,
        "datetime": "2026-03-01T10:00:00.000Z",
        "updatedAt": "2026-03-01T10:48:27.926Z",
        "createdAt": "2026-02-26T10:46:59.534Z",
        "emissionFactorType": "lifecycle",
        "isEstimated": False,
        "estimationMethod": None,
    }


@pytest.fixture
def power_body(power_row: dict[str, Any]) -> bytes:
    return json.dumps(power_row).encode()
