"""The stand-in's answers beside recorded ones of the real API."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest

from gridpulse_standin.standin import Standin

Get = Callable[..., Any]
Serve = Callable[[Standin, str], AbstractContextManager[httpx.Client]]
NOW = datetime(2026, 3, 18, 14, 40, tzinfo=UTC)

RANGE = {"start": "2026-03-01", "end": "2026-03-02"}
COMPARED: list[tuple[str, str, dict[str, str]]] = [
    ("v3_power-breakdown_latest_DE.json", "/v3/power-breakdown/latest", {}),
    ("v3_power-breakdown_history_DE_trimmed.json", "/v3/power-breakdown/history", {}),
    ("v3_power-breakdown_past.json", "/v3/power-breakdown/past", {"datetime": "2026-03-01T00:00Z"}),
    ("v3_power-breakdown_past-range.json", "/v3/power-breakdown/past-range", RANGE),
    ("v3_carbon-intensity_latest_US-CAR-DUK.json", "/v3/carbon-intensity/latest", {}),
    ("v3_carbon-intensity_history_DE_trimmed.json", "/v3/carbon-intensity/history", {}),
    ("v3_carbon-intensity_past.json", "/v3/carbon-intensity/past", {"datetime": "2026-03-01T00:00Z"}),
    ("v3_carbon-intensity_past-range.json", "/v3/carbon-intensity/past-range", RANGE),
    ("v3_carbon-intensity_forecast.json", "/v3/carbon-intensity/forecast", {}),
    ("v4_carbon-intensity_latest.json", "/v4/carbon-intensity/latest", {}),
    ("v4_carbon-intensity_history_trimmed.json", "/v4/carbon-intensity/history", {}),
    ("v4_carbon-intensity_forecast_trimmed.json", "/v4/carbon-intensity/forecast", {}),
    ("v4_electricity-mix_latest_normal.json", "/v4/electricity-mix/latest", {}),
    (
        "v4_electricity-mix_latest_flow-traced.json",
        "/v4/electricity-mix/latest",
        {"breakdownType": "flow-traced"},
    ),
    ("v4_electricity-mix_history_normal_trimmed.json", "/v4/electricity-mix/history", {}),
    ("v4_electricity-flows_latest.json", "/v4/electricity-flows/latest", {}),
    ("v4_electricity-flows_past-range_FR_SANDBOX.json", "/v4/electricity-flows/past-range", RANGE),
    ("v3_updated-since.json", "/v3/updated-since", {"since": "2026-03-01T00:00Z"}),
    ("v3_health.json", "/v3/health", {}),
]  # fmt: skip

EXCHANGES = ("powerImportBreakdown", "powerExportBreakdown", "import", "export")


def shape(document: Any) -> Any:
    """Names in order and kinds of values; of a list, its first row. The members of exchanges differ by zone."""
    if isinstance(document, dict):
        members = cast("dict[str, Any]", document)
        return [(name, "exchanges" if name in EXCHANGES else shape(value)) for name, value in members.items()]
    if isinstance(document, list):
        rows = cast("list[Any]", document)
        return [shape(rows[0])]
    if isinstance(document, bool):
        return "boolean"
    if document is None or isinstance(document, int | float):
        return "number or null"
    return "text"


@pytest.mark.reference
@pytest.mark.parametrize(("name", "path", "parameters"), COMPARED)
def test_shape_is_the_recorded_one(
    get: Get, sample: Callable[[str], Any], name: str, path: str, parameters: dict[str, str]
) -> None:
    recorded = json.loads(json.dumps(shape(sample(name))).replace('"text"', '"number or null"'))
    answered = json.loads(json.dumps(shape(get(path, zone="DE", **parameters))).replace('"text"', '"number or null"'))
    assert answered == recorded


@pytest.mark.reference
def test_zone_shape_is_the_recorded_one(client: httpx.Client, sample: Callable[[str], Any]) -> None:
    recorded, ours = sample("v4_zones_free-tier_IT_excerpt.json"), client.get("/v4/zones").json()
    for key in ("IT", "IT-NO"):
        assert list(ours[key]) == list(recorded[key])
        assert {k: v for k, v in ours[key].items() if k != "access"} == {
            k: v for k, v in recorded[key].items() if k != "access"
        }
    recorded_v3 = sample("v3_zones_2024_subset.json")
    del client.headers["auth-token"]
    ours_v3 = client.get("/v3/zones").json()
    for key in recorded_v3.keys() & ours_v3.keys():
        assert list(ours_v3[key]) == list(recorded_v3[key])
