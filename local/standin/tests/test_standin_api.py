"""The routes, parameters, envelopes and headers of the source."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from gridpulse_contract.models import Granularity, Signal
from gridpulse_contract.normalise import SourceRequest, normalise
from gridpulse_contract.zones import load_zones
from gridpulse_standin.standin import Standin

Get = Callable[..., Any]
Serve = Callable[[Standin, str], AbstractContextManager[httpx.Client]]
NOW = datetime(2026, 3, 18, 14, 40, tzinfo=UTC)

POWER_ROW = [
    *("zone", "datetime", "updatedAt", "createdAt", "powerConsumptionBreakdown", "powerProductionBreakdown"),
    *("powerImportBreakdown", "powerExportBreakdown", "fossilFreePercentage", "renewablePercentage"),
    *("powerConsumptionTotal", "powerProductionTotal", "powerImportTotal", "powerExportTotal"),
    *("isEstimated", "estimationMethod"),
]
CARBON_ROW = ["zone", "carbonIntensity", "datetime", "updatedAt", "createdAt", "emissionFactorType"]
MODES = [
    *("nuclear", "geothermal", "biomass", "coal", "wind", "solar", "hydro", "gas", "oil", "unknown"),
    *("hydro discharge", "battery discharge"),
]


def test_power_breakdown_latest(get: Get) -> None:
    row = get("/v3/power-breakdown/latest", zone="DE")
    assert list(row) == POWER_ROW
    assert list(row["powerConsumptionBreakdown"]) == list(row["powerProductionBreakdown"]) == MODES
    assert row["powerProductionBreakdown"]["nuclear"] is None
    assert row["powerConsumptionBreakdown"]["nuclear"] is not None
    assert list(row["powerImportBreakdown"])[-4:] == ["DK-DK1", "DK-DK2", "NO-NO2", "SE-SE4"]
    assert row["isEstimated"] is True
    assert row["estimationMethod"]
    assert list(get("/v4/power-breakdown/latest", zone="DE")) == [*POWER_ROW, "temporalGranularity"]


def test_carbon_intensity_latest(get: Get) -> None:
    v3 = get("/v3/carbon-intensity/latest", zone="DE")
    v4 = get("/v4/carbon-intensity/latest", zone="DE", emissionFactorType="direct")
    assert list(v3) == [*CARBON_ROW, "isEstimated", "estimationMethod"]
    assert list(v4) == [*CARBON_ROW, "flowTraced", "isEstimated", "estimationMethod", "temporalGranularity"]
    assert (v3["emissionFactorType"], v4["emissionFactorType"]) == ("lifecycle", "direct")
    assert v4["carbonIntensity"] < v3["carbonIntensity"]


@pytest.mark.parametrize(("granularity", "rows"), [("hourly", 24), ("15_minutes", 96), ("5_minutes", 288)])
def test_history_holds_a_day(get: Get, granularity: str, rows: int) -> None:
    v3 = get("/v3/power-breakdown/history", zone="FR", temporalGranularity=granularity)
    v4 = get("/v4/carbon-intensity/history", zone="FR", temporalGranularity=granularity)
    assert list(v3) == ["zone", "history"]
    assert list(v4) == ["zone", "history", "temporalGranularity"]
    assert v4["temporalGranularity"] == granularity
    for answer in (v3, v4):
        times = [row["datetime"] for row in answer["history"]]
        assert len(times) == rows
        assert times == sorted(set(times))
        assert re.fullmatch(r"2026-03-18T14:\d\d:00\.000Z", times[-1]) or times[-1] == "2026-03-18T15:00:00.000Z"
        assert all(row["updatedAt"] <= "2026-03-18T14:40:00.000Z" for row in answer["history"])


def test_past_and_past_range(get: Get) -> None:
    one = get("/v3/power-breakdown/past", zone="FR", datetime="2026-03-01T10:20:00Z")
    many = get("/v3/power-breakdown/past-range", zone="FR", start="2026-03-01T10:00:00Z", end="2026-03-01T13:00:00Z")
    assert list(many) == ["zone", "data"]
    assert [row["datetime"][11:16] for row in many["data"]] == ["10:00", "11:00", "12:00"]
    assert one == many["data"][0]
    v4 = get("/v4/carbon-intensity/past-range", zone="FR", start="2026-03-18T10:00Z", end="2026-03-19T10:00Z")
    assert list(v4) == ["zone", "temporalGranularity", "unit", "data"]
    assert len(v4["data"]) in (5, 6)  # the future is not there, but for a row that is published ahead
    created = datetime.fromisoformat(one["createdAt"])
    assert timedelta(hours=71) < datetime.fromisoformat(one["datetime"]) - created < timedelta(hours=72)


def test_estimates_can_be_left_out(get: Get) -> None:
    rows = get("/v3/power-breakdown/history", zone="FR", disableEstimations="true")["history"]
    assert 10 < len(rows) < 24
    assert not any(row["isEstimated"] for row in rows)
    assert get("/v3/power-breakdown/latest", zone="FR", disableEstimations="true") == rows[-1]


def test_forecast(get: Get) -> None:
    v3 = get("/v3/carbon-intensity/forecast", zone="FR")
    assert list(v3) == ["zone", "forecast", "updatedAt"]
    assert len(v3["forecast"]) == 25
    assert list(v3["forecast"][0]) == ["carbonIntensity", "datetime"]
    v4 = get("/v4/carbon-intensity/forecast", zone="FR", horizonHours="72")
    assert len(v4["forecast"]) == 73
    assert list(v4) == ["zone", "forecast", "updatedAt", "temporalGranularity"]


def test_updated_since(get: Get) -> None:
    answer = get("/v3/updated-since", zone="FR", since="2026-03-18T12:00:00Z")
    assert list(answer) == ["zone", "updates", "threshold", "limit", "limitReached"]
    assert answer["updates"]
    assert all(update["updatedAt"] >= "2026-03-18T12:00:00.000Z" for update in answer["updates"])
    everything = get("/v3/updated-since", zone="FR", since="2026-01-01T00:00:00Z", limit="50")
    assert everything["limitReached"] is True
    assert len(everything["updates"]) == 50


def test_zones_and_health_need_no_token(client: httpx.Client) -> None:
    del client.headers["auth-token"]
    v3, v4 = client.get("/v3/zones").json(), client.get("/v4/zones").json()
    assert set(v3) == set(v4) == set(load_zones())
    assert v3["DK-DK1"] == {"countryName": "Denmark", "zoneName": "West Denmark"}
    assert v3["DE"] == {"zoneName": "Germany"}
    assert v4["IT"]["subZoneKeys"] == ["IT-CNO", "IT-CSO", "IT-NO", "IT-SAR", "IT-SIC", "IT-SO"]
    assert v4["IT-NO"]["zoneParentKey"] == "IT"
    for path in ("/health", "/v3/health", "/v4/health"):
        assert client.get(path).json() == {"monitors": {"state": "ok"}, "status": "ok"}


def test_zones_say_what_a_token_may_ask(client: httpx.Client) -> None:
    assert client.get("/v4/zones").json()["FR"]["access"] == ["*"]
    free = client.get("/v4/zones", headers={"auth-token": "standin-free-FR"}).json()
    assert list(free) == ["FR"]
    assert "power-breakdown/history" in free["FR"]["access"]
    assert "power-breakdown/past-range" not in free["FR"]["access"]
    refused = client.get("/v4/zones", headers={"auth-token": "nobody's"})
    assert (refused.status_code, refused.json()) == (403, {"error": "Token is invalid"})


def test_a_request_without_zone_is_answered_for_the_caller(client: httpx.Client) -> None:
    assert client.get("/v3/power-breakdown/latest").json()["zone"] == "FR"
    refused = client.get("/v3/power-breakdown/latest", params={"disableCallerLookup": "true"})
    assert (refused.status_code, refused.json()["status"]) == (400, "error")


def test_headers(client: httpx.Client) -> None:
    response = client.get("/v3/power-breakdown/latest", params={"zone": "FR"})
    assert parsedate_to_datetime(response.headers["date"]) == NOW
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["x-ratelimit-limit"] == "2400"
    assert response.headers["ratelimit-policy"] == "2400;w=60"
    again = client.get("/v3/power-breakdown/latest", params={"zone": "FR"})
    assert int(again.headers["x-ratelimit-remaining"]) == int(response.headers["x-ratelimit-remaining"]) - 1


SIGNALS = (
    (Signal.POWER_BREAKDOWN, "", ""),
    (Signal.CARBON_INTENSITY, "direct", "&emissionFactorType=direct"),
    (Signal.ELECTRICITY_MIX, "normal", ""),
    (Signal.ELECTRICITY_MIX, "flow-traced", "&breakdownType=flow-traced"),
    (Signal.ELECTRICITY_FLOWS, "", ""),
)


@pytest.mark.parametrize("version", ["v3", "v4"])
@pytest.mark.parametrize("zone", ["DE", "IT", "IS", "SE-SE4", "ES-IB-FO"])
def test_every_answer_normalises_without_a_word(client: httpx.Client, version: str, zone: str) -> None:
    window = "&start=2026-03-12T00:00Z&end=2026-03-18T00:00Z"
    for temporality in ("latest?", "history?", "past-range?"):
        for signal, variant, factor in SIGNALS[: None if version == "v4" else 2]:
            extra = window if temporality == "past-range?" else ""
            body = client.get(f"/{version}/{signal}/{temporality}zone={zone}{extra}{factor}").content
            request = SourceRequest(signal=signal, zone=zone, granularity=Granularity.HOURLY, variant=variant)
            result = normalise(body, request, received_at=NOW)
            assert not result.rejections
            assert not result.unrecognised
            assert len(result.events) == {"latest?": 1, "history?": 24, "past-range?": 144}[temporality]
