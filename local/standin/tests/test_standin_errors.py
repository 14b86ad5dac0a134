"""What the source refuses, and how it says so: limits, tokens, plans, bad requests."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from gridpulse_standin.access import Access
from gridpulse_standin.settings import Plan
from gridpulse_standin.standin import Standin

Get = Callable[..., Any]
Serve = Callable[[Standin, str], AbstractContextManager[httpx.Client]]
NOW = datetime(2026, 3, 18, 14, 40, tzinfo=UTC)


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
    for signal in ("electricity-source-wind", "total-load"):
        response = client.get(f"/v4/{signal}/latest?zone=DE")
        assert response.status_code == 401
        assert {"error", "message"} == set(response.json())
        assert client.get(f"/v3/{signal}/latest?zone=DE").status_code == 404


@pytest.mark.parametrize("signal", ["electricity-mix", "electricity-flows"])
def test_v3_does_not_know_what_came_with_v4(client: httpx.Client, signal: str) -> None:
    assert client.get(f"/v4/{signal}/latest?zone=DE").status_code == 200
    response = client.get(f"/v3/{signal}/latest?zone=DE")
    assert (response.status_code, response.json()) == (404, {"message": "no Route matched with those values"})


def test_no_row_in_the_future(client: httpx.Client) -> None:
    response = client.get("/v3/power-breakdown/past?zone=DE&datetime=2026-03-19T00:00Z")
    assert (response.status_code, response.json()) == (404, {"error": 'No recent data for zone "DE"'})


def test_a_sandbox_key_gets_fake_data_that_say_so(client: httpx.Client) -> None:
    answer = client.get("/v3/power-breakdown/history?zone=FR", headers={"auth-token": "standin-sandbox"}).json()
    assert "SANDBOX MODE" in answer["_disclaimer"]
    assert {row["estimationMethod"] for row in answer["history"]} == {"SANDBOX_MODE_DATA"}
    assert client.get("/_standin/ledger").text == ""
