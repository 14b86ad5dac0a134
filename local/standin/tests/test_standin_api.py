"""The routes, parameters, envelopes, headers and errors of the source."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, cast

import httpx
import pytest

from gridpulse_contract.models import Granularity, Signal
from gridpulse_contract.normalise import SourceRequest, normalise
from gridpulse_contract.zones import load_zones
from gridpulse_standin.access import Access
from gridpulse_standin.settings import Plan
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


def test_the_rate_limit_holds_and_passes(standin: Standin, serve: Serve) -> None:
    plan = Plan(requests_per_window=3)
    settings = standin.settings.model_copy(update={"tokens": {"few": plan}})
    time = [100.0]
    few = Standin(
        settings=settings,
        clock=standin.clock,
        source=standin.source,
        access=Access(settings.tokens, 60, monotonic=lambda: time[0]),
        scenarios=standin.scenarios,
        ledger=standin.ledger,
    )
    with serve(few, "few") as client:
        statuses = [client.get("/v3/power-breakdown/latest?zone=FR").status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        limited = client.get("/v3/power-breakdown/latest?zone=FR")
        assert limited.headers["retry-after"] == "60"
        assert limited.headers["x-ratelimit-remaining"] == "0"
        time[0] += 60
        assert client.get("/v3/power-breakdown/latest?zone=FR").status_code == 200


@pytest.mark.parametrize(
    ("token", "path", "status", "body"),
    [
        (None, "/v3/power-breakdown/latest?zone=FR", 401, {"error": "Invalid auth-token"}),
        ("nobody's", "/v4/carbon-intensity/latest?zone=FR", 401, {"error": "Invalid auth-token"}),
        (
            "standin-free-FR",
            "/v3/carbon-intensity/past?zone=FR&datetime=2026-03-01T00:00Z",
            401,
            {
                "error": "Request unauthorized for zoneKey=FR,requestType=past,dataType=carbon-intensity.",
                "message": "You do not have access to this specific endpoint for this specific zone.",
            },
        ),
        (
            "standin-free-FR",
            "/v3/power-breakdown/latest?zone=DE",
            401,
            {
                "error": "Request unauthorized for zoneKey=DE,requestType=latest,dataType=power-breakdown.",
                "message": "You do not have access to this specific endpoint for this specific zone.",
            },
        ),
        (
            "standin-trial",
            "/v3/power-breakdown/past-range?zone=DE&start=2026-03-01T00:00Z&end=2026-03-02T00:00Z",
            401,
            {"error": "This endpoint is not included in your API trial"},
        ),
        ("standin-all", "/v2/power-breakdown/latest?zone=DE", 404, {"message": "no Route matched with those values"}),
        ("standin-all", "/v3/weather/latest?zone=DE", 404, {"message": "no Route matched with those values"}),
        ("standin-all", "/v3/power-breakdown", 404, {"message": "no Route matched with those values"}),
        (
            "standin-all",
            "/v3/power-breakdown/past-range?zone=DE&start=2026-03-01T00:00Z&end=2026-03-11T00:00:01Z",
            400,
            {"status": "error", "message": "Date range exceeded 10 days limit for hourly data"},
        ),
        (
            "standin-all",
            "/v3/power-breakdown/past-range?zone=DE&end=2026-03-11T00:00Z",
            400,
            {"status": "error", "message": 'Missing or invalid date parameter "start"'},
        ),
        (
            "standin-all",
            "/v4/electricity-mix/latest?zone=DE&breakdownType=x",
            400,
            {
                "status": "error",
                "message": "Invalid breakdown type. Valid breakdown types are: normal, flow-traced",
            },
        ),
        (
            "standin-all",
            "/v4/price-day-ahead/forecast?zone=DE",
            400,
            {"status": "error", "message": 'Missing or invalid date parameter "start"'},
        ),
        (
            "standin-all",
            "/v4/locational-marginal-price-day-ahead/latest?zone=DE",
            400,
            {"status": "error", "message": 'Missing arguments "node"'},
        ),
    ],
)
def test_errors(client: httpx.Client, token: str | None, path: str, status: int, body: dict[str, str]) -> None:
    del client.headers["auth-token"]
    response = client.get(path, headers={} if token is None else {"auth-token": token})
    assert (response.status_code, response.json()) == (status, body)
    assert response.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    "path",
    [
        "/v3/power-breakdown/latest?zone=XX",
        "/v3/power-breakdown/latest?zone=DE&temporalGranularity=yearly",
        "/v3/power-breakdown/latest?zone=DE&temporalGranularity=1_minute",
        "/v3/carbon-intensity/latest?zone=DE&emissionFactorType=mine",
        "/v3/carbon-intensity/forecast?zone=DE&horizonHours=7",
        "/v3/power-breakdown/forecast?zone=DE",
        "/v3/power-breakdown/past?zone=DE",
        "/v3/power-breakdown/past?zone=DE&datetime=yesterday",
        "/v3/power-breakdown/past-range?zone=DE&start=2026-03-02T00:00Z&end=2026-03-01T00:00Z",
        "/v4/carbon-intensity-level/history?zone=DE",
    ],
)
def test_bad_requests_say_why(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 400
    assert response.json()["status"] == "error"
    assert response.json()["message"]


def test_signals_whose_place_is_kept_are_in_no_plan(client: httpx.Client) -> None:
    for signal in ("electricity-mix", "electricity-flows"):
        response = client.get(f"/v4/{signal}/latest?zone=DE")
        assert response.status_code == 401
        assert {"error", "message"} == set(response.json())
        assert client.get(f"/v3/{signal}/latest?zone=DE").status_code == 404


def test_no_row_in_the_future(client: httpx.Client) -> None:
    response = client.get("/v3/power-breakdown/past?zone=DE&datetime=2026-03-19T00:00Z")
    assert (response.status_code, response.json()) == (404, {"error": 'No recent data for zone "DE"'})


def test_a_sandbox_key_gets_fake_data_that_say_so(client: httpx.Client) -> None:
    answer = client.get("/v3/power-breakdown/history?zone=FR", headers={"auth-token": "standin-sandbox"}).json()
    assert "SANDBOX MODE" in answer["_disclaimer"]
    assert {row["estimationMethod"] for row in answer["history"]} == {"SANDBOX_MODE_DATA"}
    assert client.get("/_standin/ledger").text == ""


@pytest.mark.parametrize("version", ["v3", "v4"])
@pytest.mark.parametrize("zone", ["DE", "IT", "IS", "SE-SE4", "ES-IB-FO"])
def test_every_answer_normalises_without_a_word(client: httpx.Client, version: str, zone: str) -> None:
    window = "&start=2026-03-12T00:00Z&end=2026-03-18T00:00Z"
    for temporality in ("latest?", "history?", "past-range?"):
        for signal, variant in ((Signal.POWER_BREAKDOWN, ""), (Signal.CARBON_INTENSITY, "direct")):
            extra = window if temporality == "past-range?" else ""
            factor = f"&emissionFactorType={variant}" if variant else ""
            body = client.get(f"/{version}/{signal}/{temporality}zone={zone}{extra}{factor}").content
            request = SourceRequest(signal=signal, zone=zone, granularity=Granularity.HOURLY, variant=variant)
            result = normalise(body, request, received_at=NOW)
            assert not result.rejections
            assert not result.unrecognised
            assert len(result.events) == {"latest?": 1, "history?": 24, "past-range?": 144}[temporality]


# What follows compares with recorded answers of the real API.

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
    ("v3_updated-since.json", "/v3/updated-since", {"since": "2026-03-01T00:00Z"}),
    ("v3_health.json", "/v3/health", {}),
]  # fmt: skip


def shape(document: Any) -> Any:
    """Names in order and kinds of values; of a list, its first row. The members of exchanges differ by zone."""
    if isinstance(document, dict):
        members = cast("dict[str, Any]", document)
        return [
            (name, "exchanges" if name in ("powerImportBreakdown", "powerExportBreakdown") else shape(value))
            for name, value in members.items()
        ]
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
