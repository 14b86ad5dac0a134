"""The control routes: clock, scenarios and the ledger."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from gridpulse_contract.models import Reason, Signal
from gridpulse_contract.normalise import Normalised, SourceRequest, normalise
from gridpulse_standin.ledger import Ledger
from gridpulse_standin.scenarios import Fault
from gridpulse_standin.source import RowKey
from gridpulse_standin.standin import Standin

Get = Callable[..., Any]
NOW = datetime(2026, 3, 18, 14, 40, tzinfo=UTC)
HISTORY = "/v3/power-breakdown/history?zone=FR"
LATEST = "/v3/power-breakdown/latest?zone=FR"


def switch_on(client: httpx.Client, **scenario: Any) -> int:
    response = client.post("/_standin/scenarios", json=scenario)
    assert response.status_code == 201, response.text
    return response.json()["number"]


def ledger(client: httpx.Client, **parameters: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.get("/_standin/ledger", params=parameters).text.splitlines()]


def read(body: bytes) -> Normalised:
    return normalise(body, SourceRequest(signal=Signal.POWER_BREAKDOWN, zone="FR"), received_at=NOW)


def test_the_clock_is_told(client: httpx.Client) -> None:
    assert client.get("/_standin/clock").json()["now"] == "2026-03-18T14:40:00Z"
    before = client.get(LATEST).json()
    told = client.post("/_standin/clock", json={"now": "2026-03-17T08:05:00+01:00"})
    assert told.json()["now"] == "2026-03-17T07:05:00Z"
    assert told.json()["speed"] == 0
    assert client.get(LATEST).json()["datetime"] < before["datetime"]
    assert client.get(LATEST).headers["date"] == "Tue, 17 Mar 2026 07:05:00 GMT"
    assert client.post("/_standin/clock", json={"now": "2126-03-18T15:00:00Z"}).status_code == 422
    assert client.post("/_standin/clock", json={"now": "2026-03-18T15:00:00"}).status_code == 422


@pytest.mark.parametrize(
    ("fault", "status", "content_type"),
    [
        (Fault.RATE_LIMITED, 429, "application/json"),
        (Fault.RATE_LIMITED_BARE, 429, "application/json"),
        (Fault.SERVER_ERROR, 500, "application/json"),
        (Fault.UNAVAILABLE, 503, "text/plain"),
        (Fault.HTML_OK, 200, "text/html"),
        (Fault.HTML_BAD_GATEWAY, 502, "text/html"),
        (Fault.ACCESS_DENIED, 403, "text/plain"),
        (Fault.NO_RECENT_DATA, 404, "application/json"),
        (Fault.NO_ROUTE, 404, "application/json"),
    ],
)
def test_answers_in_place_of_data(client: httpx.Client, fault: Fault, status: int, content_type: str) -> None:
    switch_on(client, fault=fault, count=1, retry_after_seconds=7)
    response = client.get(HISTORY)
    assert response.status_code == status
    assert response.headers["content-type"].startswith(content_type)
    assert response.headers.get("retry-after") == ("7" if fault is Fault.RATE_LIMITED else None)
    assert ledger(client) == []
    assert client.get(HISTORY).json()["zone"] == "FR"


def test_bodies_of_the_404s(client: httpx.Client) -> None:
    switch_on(client, fault=Fault.NO_RECENT_DATA, count=1)
    assert client.get(HISTORY).json() == {"error": 'No recent data for zone "FR"'}
    switch_on(client, fault=Fault.NO_ROUTE, count=1)
    assert client.get(HISTORY).json() == {"message": "no Route matched with those values"}


def test_truncated_json(client: httpx.Client) -> None:
    switch_on(client, fault=Fault.TRUNCATED)
    result = read(client.get(HISTORY).content)
    assert [rejection.reason for rejection in result.rejections] == [Reason.NOT_JSON]
    assert ledger(client) == []


def test_the_wrong_zone(client: httpx.Client) -> None:
    switch_on(client, fault=Fault.WRONG_ZONE)
    for path in (HISTORY, LATEST):
        result = read(client.get(path).content)
        assert {rejection.reason for rejection in result.rejections} == {Reason.WRONG_ZONE}
        assert not result.events
    assert ledger(client) == []


def test_a_sandbox_disclaimer(client: httpx.Client) -> None:
    switch_on(client, fault=Fault.SANDBOX)
    for path in (HISTORY, LATEST):
        assert [rejection.reason for rejection in read(client.get(path).content).rejections] == [Reason.SANDBOX]
    assert ledger(client) == []


def test_rows_out_of_order_and_twice_stay_good(client: httpx.Client) -> None:
    in_order = client.get(HISTORY).json()["history"]
    for fault in (Fault.OUT_OF_ORDER, Fault.DUPLICATES):
        client.delete("/_standin/ledger")
        number = switch_on(client, fault=fault)
        rows = client.get(HISTORY).json()["history"]
        assert rows != in_order
        unique = {row["datetime"]: row for row in rows}
        assert sorted(unique.values(), key=lambda row: row["datetime"]) == in_order
        assert len(rows) == (24 if fault is Fault.OUT_OF_ORDER else 32)
        assert sorted(line["datetime"] for line in ledger(client)) == sorted(unique)
        assert client.delete(f"/_standin/scenarios/{number}").status_code == 204


@pytest.mark.parametrize(
    ("fault", "reason"), [(Fault.MALFORMED_ROW, Reason.BAD_VALUE), (Fault.FAR_FUTURE, Reason.UPDATED_IN_FUTURE)]
)
@pytest.mark.parametrize(("path", "rows"), [(HISTORY, 24), (LATEST, 1)])
def test_one_bad_row_in_a_good_answer(client: httpx.Client, fault: Fault, reason: Reason, path: str, rows: int) -> None:
    switch_on(client, fault=fault)
    result = read(client.get(path).content)
    assert [rejection.reason for rejection in result.rejections] == [reason]
    assert len(result.events) == rows - 1
    assert len(ledger(client)) == rows - 1


def test_a_slow_answer_is_a_good_one(client: httpx.Client) -> None:
    switch_on(client, fault=Fault.SLOW, delay_seconds=0.05)
    response = client.get(HISTORY)
    assert response.elapsed.total_seconds() >= 0.05
    assert len(read(response.content).events) == 24
    assert len(ledger(client)) == 24


def test_a_scenario_hits_what_it_names(client: httpx.Client) -> None:
    switch_on(client, fault=Fault.UNAVAILABLE, zones=["FR"], path="*/history")
    assert client.get(HISTORY).status_code == 503
    assert client.get(LATEST).status_code == 200
    assert client.get("/v3/power-breakdown/history?zone=DE").status_code == 200
    assert client.delete("/_standin/scenarios").status_code == 204
    assert client.get(HISTORY).status_code == 200
    assert client.delete("/_standin/scenarios/99").status_code == 404


def test_probability_and_count(client: httpx.Client) -> None:
    switch_on(client, fault=Fault.UNAVAILABLE, probability=0.3, count=10)
    statuses = [client.get(LATEST).status_code for _ in range(100)]
    assert statuses.count(503) == 10
    assert statuses[:10].count(503) < 8
    assert client.get("/_standin/scenarios").json()[0]["hits"] == 10
    requests = client.get("/_standin/requests").json()
    assert {(entry["status"], entry["fault"], entry["count"]) for entry in requests} == {
        (200, "", 90),
        (503, "unavailable", 10),
    }


def test_a_misspelt_scenario_is_refused(client: httpx.Client) -> None:
    assert client.post("/_standin/scenarios", json={"fault": "fire"}).status_code == 422
    assert client.post("/_standin/scenarios", json={"fault": "slow", "propability": 1}).status_code == 422


def test_the_ledger_holds_each_revision_once(client: httpx.Client) -> None:
    answer = client.get(HISTORY).json()
    client.get(HISTORY)
    client.get(LATEST)
    client.get("/v3/carbon-intensity/latest?zone=FR&emissionFactorType=direct")
    lines = ledger(client)
    assert len(lines) == 25
    assert [line["row"] for line in lines[:24]] == answer["history"]
    assert list(lines[0]) == ["sequence", "signal", "variant", "zone", "granularity", "datetime", "updatedAt", "row"]
    assert (lines[24]["signal"], lines[24]["variant"]) == ("carbon-intensity", "direct")
    first = lines[0]["sequence"]
    assert [line["sequence"] for line in lines] == list(range(first, first + 25))
    assert ledger(client, after=lines[19]["sequence"], limit=3) == lines[20:23]


def test_the_ledger_knows_what_is_still_offered(client: httpx.Client) -> None:
    client.post("/_standin/clock", json={"now": "2026-03-18T02:00:00Z"})
    client.get(HISTORY)
    client.post("/_standin/clock", json={"now": "2026-03-18T14:00:00Z"})
    window = {"start": "2026-03-16T00:00Z", "end": "2026-03-18T00:00Z"}
    offered = client.get("/v3/power-breakdown/past-range?zone=FR", params=window).json()["data"]
    lines, current = ledger(client), ledger(client, current=True)
    assert len(lines) > len(current)
    for row in offered:
        assert sum(line["row"] == row for line in current) == 1


def test_a_full_ledger_forgets_the_oldest(standin: Standin, client: httpx.Client) -> None:
    client.get(HISTORY)
    keys: list[RowKey] = [key for _, key in standin.ledger.after(0)]
    small = Ledger(capacity=10)
    small.record(keys)
    assert len(small) == 10
    assert small.forgotten == 14
    assert [number for number, _ in small.after(0)] == list(range(15, 25))
