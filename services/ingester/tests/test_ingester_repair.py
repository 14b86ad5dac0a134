"""What `repair` asks the query API, and what it says about what it could not fetch."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from gridpulse_contract.models import Signal
from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.backfill import EXIT_INTERRUPTED, BackfillSummary
from gridpulse_ingester.errors import BadTokenError, NoRouteError, NotEntitledError, QueryApiError
from gridpulse_ingester.gaps import HOUR, days_before
from gridpulse_ingester.repair import Repair, find_gaps
from gridpulse_ingester.served import QueryApi
from gridpulse_ingester.source import Window

from .conftest import Canned, FakeApi, Opened, OpenSource, canned_json

START: Final = datetime(2026, 3, 1, tzinfo=UTC)
WINDOW: Final = Window(START, START + timedelta(days=2))
POWER: Final = SourceRequest(Signal.POWER_BREAKDOWN, "DE")
DIRECT: Final = SourceRequest(Signal.CARBON_INTENSITY, "DE", variant="direct")
FRANCE: Final = SourceRequest(Signal.POWER_BREAKDOWN, "FR")


def page(*hours: int, following: str | None = None) -> Canned:
    """A page of the query API's rows."""
    return canned_json({"data": [{"at": (START + hour * HOUR).isoformat()} for hour in hours], "next": following})


@pytest.fixture
async def opened(open_source: OpenSource) -> Opened:
    return await open_source(retry_attempts=2)


@pytest.fixture
def query_api(opened: Opened, api: FakeApi) -> QueryApi:
    return QueryApi(opened.client, api.url + "/", opened.settings)


async def gaps_of(opened: Opened, query_api: QueryApi, *requests: SourceRequest) -> tuple[Any, list[str]]:
    said: list[str] = []
    return await find_gaps(query_api, requests, WINDOW, 2, opened.stop, said.append), said


async def test_gaps_are_found_by_series_and_page(opened: Opened, query_api: QueryApi, api: FakeApi) -> None:
    api.say("zones/DE/power-breakdown", page(*range(20), following="/v1/zones/DE/power-breakdown?start=later"))
    api.say("zones/DE/power-breakdown", page(*range(22, 48)))
    api.say("zones/DE/carbon-intensity", page(*range(48)))
    gaps, said = await gaps_of(opened, query_api, POWER, DIRECT)
    assert gaps == {POWER: [START + 20 * HOUR, START + 21 * HOUR]}
    assert said == ["DE power-breakdown hourly: 2 hours missing: 2026-03-01T20:00:00Z/2026-03-01T22:00:00Z (2 h)"]
    first, second = (asked.query for asked in api.asked if asked.path.endswith("power-breakdown"))
    assert first["start"] == "2026-03-01T00:00:00Z"
    assert first["end"] == "2026-03-03T00:00:00Z"
    assert second == {"start": "later"}
    (carbon,) = (asked.query for asked in api.asked if asked.path.endswith("carbon-intensity"))
    assert (carbon["variant"], carbon["granularity"]) == ("direct", "hourly")
    assert not any("auth-token" in asked.headers for asked in api.asked)


async def test_of_a_zone_that_the_query_api_does_not_know_all_is_missing(
    opened: Opened, query_api: QueryApi, api: FakeApi
) -> None:
    api.say("zones/DE/power-breakdown", canned_json({"type": "urn:gridpulse:problem:unknown-zone"}, 404))
    gaps, _ = await gaps_of(opened, query_api, POWER)
    assert len(gaps[POWER]) == 48


async def test_a_busy_query_api_is_asked_again(opened: Opened, query_api: QueryApi, api: FakeApi) -> None:
    api.say("zones/DE/power-breakdown", canned_json({}, 503, retry_after="0"), page(*range(48)))
    assert (await gaps_of(opened, query_api, POWER))[0] == {}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Canned(503), "503"),
        (canned_json({"detail": "No page"}, 404), "404: .*No page"),
        (canned_json({"detail": "A range can have 366 days at most."}, 400), "366 days"),
        (Canned(200, b"<html>", content_type="text/html"), "not an answer of the query API"),
        (canned_json([]), "not an answer of the query API"),
    ],
)
async def test_a_query_api_that_gives_no_answer_ends_the_repair(
    opened: Opened, query_api: QueryApi, api: FakeApi, answer: Canned, reason: str
) -> None:
    """No answer must never be read as no data: it would refetch everything."""
    api.rule = lambda _path, _query: answer
    with pytest.raises(QueryApiError, match=reason):
        await gaps_of(opened, query_api, POWER)


async def test_a_stop_ends_the_search_at_once(opened: Opened, query_api: QueryApi, api: FakeApi) -> None:
    asked_for_ever = Canned(delay_seconds=60)

    def stop(_path: str, _query: dict[str, str]) -> Canned:
        opened.stop.set()
        return asked_for_ever

    api.rule = stop
    assert await asyncio.wait_for(gaps_of(opened, query_api, POWER, FRANCE), 10) == ({}, [])


def test_gaps_and_refreshed_days_are_fetched_in_few_windows() -> None:
    end = WINDOW.end
    repair = Repair(WINDOW, (POWER, FRANCE), {POWER: [START, START + HOUR, START + 40 * HOUR]}, days_before(end, [7]))
    day = days_before(end, [7])[0]
    assert repair.plan() == {POWER: [Window(day.start, START + 41 * HOUR)], FRANCE: [day]}
    assert Repair(WINDOW, (POWER, FRANCE), {}).plan() == {}


def test_what_stays_missing_is_told_by_its_reason() -> None:
    hours = [START + number * HOUR for number in (0, 1, 2, 30)]
    repair = Repair(WINDOW, (POWER, DIRECT, FRANCE), {POWER: hours, DIRECT: hours, FRANCE: hours})
    repair.answered(POWER, Window(START, START + 3 * HOUR), [START, START + 9 * HOUR])
    refused = {DIRECT: NotEntitledError("401: no"), FRANCE: BadTokenError("403: no")}
    summary = BackfillSummary(refused={**refused})
    first, *rest = repair.lines(summary)
    assert first.endswith(
        "3 series: 12 hours were missing, 1 fetched, 2 not at the source, 9 not fetched; days refreshed: 0"
    )
    assert rest[0] == ("not at the source: DE power-breakdown hourly: 2026-03-01T01:00:00Z/2026-03-01T03:00:00Z (2 h)")
    assert rest[1].startswith("not fetched: DE, 4 hours of 1 series: not-entitled: the key has no past-range")
    assert rest[2].startswith("not fetched: FR, 4 hours of 1 series: bad-token: the token is missing, wrong or expired")


@pytest.mark.parametrize(
    ("summary", "exit_code"),
    [
        (BackfillSummary(), 0),
        (BackfillSummary(refused={POWER: NotEntitledError("401")}), 0),
        (BackfillSummary(refused={POWER: NoRouteError("404")}), 1),
        (BackfillSummary(failures=["a window"], interrupted=True), 1),
        (BackfillSummary(interrupted=True), EXIT_INTERRUPTED),
    ],
)
def test_exit_codes(summary: BackfillSummary, exit_code: int) -> None:
    assert Repair(WINDOW, (POWER,), {}).exit_code(summary) == exit_code
