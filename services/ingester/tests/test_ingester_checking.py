"""What `check-fresh` and `check-range` say of the query API's answers."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from gridpulse_contract.models import Signal
from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.checking import check_fresh, check_range
from gridpulse_ingester.served import QueryApi
from gridpulse_ingester.source import Window

from .conftest import HOUR, START, Canned, FakeApi, Opened, OpenSource, canned_json

POWER: Final = SourceRequest(Signal.POWER_BREAKDOWN, "DE")
CARBON: Final = SourceRequest(Signal.CARBON_INTENSITY, "DE", variant="direct")
AT_ONCE: Final = timedelta(0)


@pytest.fixture
async def opened(open_source: OpenSource) -> Opened:
    return await open_source(retry_attempts=1)


@pytest.fixture
def query_api(opened: Opened, api: FakeApi) -> QueryApi:
    return QueryApi(opened.client, api.url, opened.settings)


async def test_what_is_old_or_not_there_is_not_fresh(opened: Opened, query_api: QueryApi, api: FakeApi) -> None:
    api.say("zones/DE/power-breakdown/latest", canned_json({"at": START.isoformat()}))
    api.say("zones/DE/carbon-intensity/latest", canned_json({"type": "urn:gridpulse:problem:no-data"}, 404))
    problems = await check_fresh(query_api, [POWER, CARBON], opened.stop, max_age=6 * HOUR, wait=AT_ONCE)
    assert problems == [
        "DE power-breakdown hourly: the newest row began 2026-01-01T00:00:00+00:00",
        "DE carbon-intensity direct hourly: no row",
    ]


async def test_what_becomes_fresh_in_time_is_well(opened: Opened, query_api: QueryApi, api: FakeApi) -> None:
    fresh = datetime.now(UTC) - 5 * HOUR
    api.say("zones/DE/power-breakdown/latest", Canned(503), canned_json({"at": fresh.isoformat()}))
    wait = timedelta(seconds=60)
    assert await check_fresh(query_api, [POWER], opened.stop, max_age=6 * HOUR, wait=wait) == []


@pytest.mark.parametrize(("min_percent", "problems"), [(75, []), (80, ["DE power-breakdown hourly: 18 of 24 rows"])])
async def test_rows_of_a_span_are_counted(
    opened: Opened, query_api: QueryApi, api: FakeApi, min_percent: float, problems: list[str]
) -> None:
    rows = [{"at": (START + hour * HOUR).isoformat()} for hour in range(18)]
    api.say("zones/DE/power-breakdown", canned_json({"data": rows, "next": None}))
    span = {"start": START, "end": START + 24 * HOUR}
    assert await check_range(query_api, [POWER], opened.stop, **span, min_percent=min_percent, wait=AT_ONCE) == problems


async def test_rows_composed_of_other_signals_are_none_of_this_one(query_api: QueryApi, api: FakeApi) -> None:
    """They would hide that the source's own ones are missing, which daily energy and the warehouse need."""
    composed = {"composed_of": ["electricity-mix/normal"]}
    rows = [{"at": (START + hour * HOUR).isoformat(), **(composed if hour > 20 else {})} for hour in range(24)]
    api.say("zones/DE/power-breakdown", *[canned_json({"data": rows, "next": None})] * 2)
    api.say("zones/DE/power-breakdown/latest", canned_json(rows[-1]))
    window = Window(START, START + 24 * HOUR)
    assert await query_api.starts(POWER, window) == {START + hour * HOUR for hour in range(21)}
    assert await query_api.newest(POWER) == START + 20 * HOUR


async def test_a_query_api_that_does_not_answer_is_a_problem(opened: Opened, query_api: QueryApi, api: FakeApi) -> None:
    api.rule = lambda _path, _query: Canned(500)
    (problem,) = await check_fresh(query_api, [POWER], opened.stop, max_age=HOUR, wait=AT_ONCE)
    assert problem.startswith("DE power-breakdown hourly: the query API does not answer: ")


async def test_a_query_api_with_keys_is_asked_with_one(open_source: OpenSource, api: FakeApi) -> None:
    opened = await open_source(retry_attempts=2, query_api_key="of-a-test")
    query_api = QueryApi(opened.client, api.url, opened.settings)
    fresh = canned_json({"at": START.isoformat()})
    api.say("zones/DE/power-breakdown/latest", Canned(429, headers={"retry-after": "0"}), fresh)
    assert await query_api.newest(POWER) == START
    assert [asked.headers["x-api-key"] for asked in api.asked] == ["of-a-test"] * 2


async def test_no_key_is_sent_where_there_is_none(query_api: QueryApi, api: FakeApi) -> None:
    api.say("zones/DE/power-breakdown/latest", canned_json({"at": START.isoformat()}))
    await query_api.newest(POWER)
    assert "x-api-key" not in api.asked[0].headers
