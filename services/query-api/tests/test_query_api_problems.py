"""Every error is a problem that says what to do. None of these requests needs the store."""

from typing import Any

import httpx
import pytest

from .conftest import Api

POWER = "/v1/zones/DE/power-breakdown"


async def problem_of(api: Api, status: int, path: str, **query: Any) -> dict[str, Any]:
    answer = await api.get(path, **query)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:gridpulse:problem:")
    assert problem["title"]
    assert problem["instance"] == path.partition("?")[0]
    return problem


@pytest.mark.parametrize(
    ("query", "parameter", "reason"),
    [
        ({"start": "2026-01-01T00:00:00"}, "start", "no offset from UTC"),
        ({"start": "2026-01-01T00:00:00 01:00"}, "start", "%2B"),
        ({"end": "soon"}, "end", "not an ISO 8601 instant"),
        ({"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, "start", "must be before end"),
        ({"start": "2024-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, "start", "366 days at most"),
        ({"granularity": "daily"}, "granularity", "'5_minutes', '15_minutes' or 'hourly'"),
        ({"resolution": "week"}, "resolution", "'hour', 'day' or 'month'"),
        ({"timezone": "CET"}, "timezone", "'utc' or 'local'"),
        ({"limit": "0"}, "limit", "greater than or equal to 1"),
        ({"limit": "99999"}, "limit", "less than or equal to 2500"),
        ({"strat": "2026-01-01T00:00:00Z"}, "strat", "no such parameter"),
        ({"format": "xml"}, "format", "'json', 'csv' or 'arrow'"),
        ({"as_of": "2026-01-01"}, "as_of", "no offset"),
    ],
)
async def test_a_bad_parameter_is_named_with_the_reason(
    api: Api, query: dict[str, str], parameter: str, reason: str
) -> None:
    problem = await problem_of(api, 400, POWER, **query)
    assert problem["parameter"] == parameter
    assert reason in problem["detail"]


async def test_a_missing_parameter_and_an_unknown_metric(api: Api) -> None:
    missing = await problem_of(api, 400, "/v1/compare")
    assert (missing["parameter"], missing["detail"]) == ("zones", "zones: this parameter is required.")
    unknown = await problem_of(api, 400, "/v1/ranking", metric="price")
    assert unknown["parameter"] == "metric"
    assert "renewable_percent" in unknown["detail"]


@pytest.mark.parametrize(
    ("zone", "near_match"),
    [("de", "DE"), ("Germany", "DE"), ("germny", "DE"), ("DK_DK1", "DK-DK1"), ("IT-XX", "IT")],
)
async def test_an_unknown_zone_has_near_matches(api: Api, zone: str, near_match: str) -> None:
    problem = await problem_of(api, 404, f"/v1/zones/{zone}")
    assert near_match in problem["near_matches"]
    assert near_match in problem["detail"]
    assert problem["parameter"] == "zone"


async def test_a_zone_like_no_other(api: Api) -> None:
    problem = await problem_of(api, 404, "/v1/zones/QQQQQQ")
    assert problem["near_matches"] == []
    assert "/v1/zones lists" in problem["detail"]


async def test_what_can_be_no_zone_is_never_asked_of_the_store(api: Api) -> None:
    for key in ("de", "DE--X", "D" * 33, "DE%00", "%2e%2e"):
        for path in ("power-breakdown", "power-breakdown/latest", "carbon-intensity/revisions"):
            assert (await api.get(f"/v1/zones/{key}/{path}")).status_code == 404


async def test_no_route_and_no_method(api: Api) -> None:
    for path in ("/v1/prices", "/v1/zones/", "/docs/"):
        assert "/docs" in (await problem_of(api, 404, path))["detail"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api.app), base_url="http://api") as client:
        posted = await client.post("/v1/zones")
    assert (posted.status_code, posted.headers["content-type"]) == (405, "application/problem+json")
    assert posted.headers["allow"] == "GET"


async def test_a_fault_is_a_problem_too(api: Api) -> None:
    vars(api.clock)["now"] = None
    transport = httpx.ASGITransport(api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        answer = await client.get(f"{POWER}/latest")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert 'route="/v1/zones/{zone}/power-breakdown/latest",status="500"' in (await api.get("/metrics")).text


async def test_a_parameter_given_twice(api: Api) -> None:
    problem = await problem_of(api, 400, f"{POWER}?limit=1&limit=2")
    assert problem["detail"] == "limit is given twice."


async def test_without_cassandra_reads_say_when_to_ask_again(api: Api) -> None:
    for path in (f"{POWER}/latest", POWER, "/v1/ranking", "/v1/zones/DE/carbon-intensity/revisions"):
        answer = await api.get(path)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "Cassandra" in answer.json()["detail"]
    readiness = await api.get("/readyz")
    assert readiness.status_code == 503
    assert "Cassandra keyspace power (127.0.0.1 port 9042)" in readiness.json()["missing"][0]


async def test_what_needs_no_store_works_without_it(api: Api) -> None:
    assert (await api.get("/livez")).status_code == 200
    assert (await api.get("/v1/zones")).status_code == 200


async def test_requests_are_counted_by_route_not_by_path(api: Api) -> None:
    for zone in ("DE", "FR", "nonsense"):
        await api.get(f"/v1/zones/{zone}")
    await api.get("/v1/made/up")
    text = (await api.get("/metrics")).text
    assert 'gridpulse_query_api_requests_total{route="/v1/zones/{zone}",status="200"} 2.0' in text
    assert 'gridpulse_query_api_requests_total{route="/v1/zones/{zone}",status="404"} 1.0' in text
    assert 'gridpulse_query_api_requests_total{route="unmatched",status="404"} 1.0' in text
    assert 'gridpulse_query_api_request_duration_seconds_count{route="/v1/zones/{zone}"} 3.0' in text
    assert "nonsense" not in text
