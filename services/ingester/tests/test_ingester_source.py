import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_contract.models import Granularity, Reason, Signal
from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.answers import failure_of
from gridpulse_ingester.batch import read_answer
from gridpulse_ingester.errors import (
    BadRequestError,
    BadTokenError,
    DateRangeExceededError,
    HostUnreachableError,
    NoDataError,
    NoRouteError,
    NotEntitledError,
    OverQuotaError,
    ServerFaultError,
    SourceError,
)
from gridpulse_ingester.source import Temporality, Window

from .conftest import Canned, FakeApi, OpenSource, canned_json

HISTORY = "power-breakdown/history"
NOT_ENTITLED = canned_json(
    {
        "error": "Request unauthorized for zoneKey=DE,requestType=history,dataType=power-breakdown.",
        "message": "You do not have access to this specific endpoint for this specific zone.",
    },
    401,
)


async def test_asks_as_the_api_notes_say(api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest) -> None:
    opened = await open_source(api_version="v3")
    answer = await opened.source.fetch(power_of_de, Temporality.HISTORY)
    (asked,) = api.asked
    assert asked.path == "/v3/power-breakdown/history"
    assert asked.query == {"zone": "DE", "disableCallerLookup": "true", "temporalGranularity": "hourly"}
    assert asked.headers["auth-token"] == "s3cret"
    assert asked.headers["user-agent"].startswith("gridpulse-ingester/")
    assert "s3cret" not in answer.url
    assert len(read_answer(answer, accept_sandbox=False).events) == 24


async def test_a_carbon_intensity_says_its_variant_and_a_past_range_its_window(
    api: FakeApi, open_source: OpenSource
) -> None:
    opened = await open_source()
    request = SourceRequest(Signal.CARBON_INTENSITY, "DE", Granularity.HOURLY, "direct")
    start = datetime.fromisoformat("2026-03-01T01:00+01:00")
    answer = await opened.source.fetch(request, Temporality.PAST_RANGE, Window(start, start + timedelta(hours=3)))
    assert api.asked[0].path == "/v4/carbon-intensity/past-range"
    assert api.asked[0].query["emissionFactorType"] == "direct"
    assert (api.asked[0].query["start"], api.asked[0].query["end"]) == ("2026-03-01T00:00:00Z", "2026-03-01T03:00:00Z")
    assert len(read_answer(answer, accept_sandbox=False).events) == 3


async def test_each_zone_sends_its_own_token(tmp_path: Path, api: FakeApi, open_source: OpenSource) -> None:
    path = tmp_path / "tokens.json"
    entry = {"id": "1", "headers": {"zone": "FR"}, "params": {"auth-token": "token-of-fr"}}
    path.write_text(json.dumps([entry]), encoding="utf-8")
    opened = await open_source(tokens_file=path, zones=("DE", "FR"))
    for zone in ("DE", "FR"):
        await opened.source.fetch(SourceRequest(Signal.POWER_BREAKDOWN, zone), Temporality.LATEST)
    assert [asked.headers["auth-token"] for asked in api.asked] == ["s3cret", "token-of-fr"]
    assert all("auth-token" not in asked.query for asked in api.asked)


@pytest.mark.parametrize(
    ("canned", "error"),
    [
        (NOT_ENTITLED, NotEntitledError),
        (canned_json({"error": "This endpoint is not included in your API trial"}, 401), NotEntitledError),
        (Canned(401, b"This endpoint is not included in your API trial", content_type="text/plain"), NotEntitledError),
        (canned_json({"error": "Invalid auth-token"}, 401), BadTokenError),
        (canned_json({"error": "Token is invalid"}, 403), BadTokenError),
        (Canned(403, b"Access denied", content_type="text/plain"), BadTokenError),
        (canned_json({"status": "error", "message": "bad zone"}, 400), BadRequestError),
        (
            canned_json({"message": "Date range exceeded 10 days limit for hourly data"}, 400),
            DateRangeExceededError,
        ),
        (canned_json({"error": 'No recent data for zone "DE"'}, 404), NoDataError),
        (canned_json({"error": 'No recent data for zone "DE"'}, 200), NoDataError),
        (canned_json({"message": "no Route matched with those values"}, 404), NoRouteError),
        (Canned(404, b"<html>", content_type="text/html"), NoRouteError),
    ],
)
async def test_a_refusal_is_told_apart_and_never_retried(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest, canned: Canned, error: type[SourceError]
) -> None:
    api.say(HISTORY, canned)
    opened = await open_source()
    with pytest.raises(error) as caught:
        await opened.source.fetch(power_of_de, Temporality.HISTORY)
    assert caught.type is error
    assert len(api.asked) == 1
    labels = {"signal": "power-breakdown", "temporality": "history", "outcome": error.outcome}
    assert opened.metrics.registry.get_sample_value("gridpulse_ingester_requests_total", labels) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_what_a_retry_can_help_is_retried(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest, status: int
) -> None:
    page = Canned(status, b"<html>try later</html>", content_type="text/html")
    api.say(HISTORY, page, page)
    opened = await open_source()
    answer = await opened.source.fetch(power_of_de, Temporality.HISTORY)
    assert answer.status == 200
    assert len(api.asked) == 3


@pytest.mark.parametrize(("status", "error"), [(429, OverQuotaError), (503, ServerFaultError)])
async def test_tries_are_bounded(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest, status: int, error: type[SourceError]
) -> None:
    api.rule = lambda _path, _query: Canned(status)
    opened = await open_source(retry_attempts=3)
    with pytest.raises(error):
        await opened.source.fetch(power_of_de, Temporality.HISTORY)
    assert len(api.asked) == 3


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_waited_for(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest, status: int
) -> None:
    api.say(HISTORY, canned_json({}, status, retry_after="0.3"))
    opened = await open_source()
    started = time.monotonic()
    await opened.source.fetch(power_of_de, Temporality.HISTORY)
    assert time.monotonic() - started >= 0.3


async def test_a_long_retry_after_is_left_to_the_next_poll_and_holds_the_token_back(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest
) -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)
    api.say(HISTORY, canned_json({}, 429, retry_after=format_datetime(later, usegmt=True)))
    opened = await open_source()
    for _ in range(2):
        with pytest.raises(OverQuotaError) as caught:
            await opened.source.fetch(power_of_de, Temporality.HISTORY)
        assert caught.value.retry_after_seconds == pytest.approx(90, abs=3)
    assert len(api.asked) == 1


async def test_a_used_up_quota_holds_its_token_back(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest
) -> None:
    spent = canned_json(
        {"zone": "DE", "history": []},
        x_ratelimit_limit="2400",
        x_ratelimit_remaining="0",
        ratelimit_policy="2400;w=60",
    )
    api.say(HISTORY, spent)
    opened = await open_source()
    await opened.source.fetch(power_of_de, Temporality.HISTORY)
    with pytest.raises(OverQuotaError, match="used up"):
        await opened.source.fetch(power_of_de, Temporality.HISTORY)
    assert len(api.asked) == 1
    remaining = opened.metrics.registry.get_sample_value(
        "gridpulse_ingester_quota_remaining_requests", {"token": "default"}
    )
    assert remaining == 0


async def test_requests_keep_to_the_rate(api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest) -> None:
    opened = await open_source(requests_per_second=20)
    started = time.monotonic()
    for _ in range(5):
        await opened.source.fetch(power_of_de, Temporality.LATEST)
    assert time.monotonic() - started >= 4 / 20 * 0.95


async def test_a_slow_answer_is_given_up_at_the_deadline(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest
) -> None:
    api.say(HISTORY, Canned(delay_seconds=5))
    opened = await open_source(request_deadline_seconds=0.2)
    answer = await opened.source.fetch(power_of_de, Temporality.HISTORY)
    assert answer.status == 200
    assert len(api.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
        b"nonsense",
    ],
)
async def test_an_answer_that_is_cut_off_is_a_connection_error(
    raw_server: Callable[[bytes], Any], open_source: OpenSource, power_of_de: SourceRequest, answer: bytes
) -> None:
    async with raw_server(answer) as url:
        opened = await open_source(api_base_url=url, retry_attempts=2)
        with pytest.raises(HostUnreachableError):
            await opened.source.fetch(power_of_de, Temporality.HISTORY)


async def test_a_host_that_is_not_there_is_a_connection_error(
    open_source: OpenSource, power_of_de: SourceRequest
) -> None:
    opened = await open_source(api_base_url="http://127.0.0.1:1", retry_attempts=2)
    with pytest.raises(HostUnreachableError):
        await opened.source.fetch(power_of_de, Temporality.HISTORY)


async def test_a_stop_ends_the_retries(api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest) -> None:
    api.rule = lambda _path, _query: Canned(503)
    opened = await open_source()
    opened.stop.set()
    with pytest.raises(ServerFaultError):
        await opened.source.fetch(power_of_de, Temporality.HISTORY)
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("canned", "reason"),
    [
        (Canned(200, b"<html>502</html>", content_type="text/html; charset=utf-8"), Reason.NOT_JSON),
        (Canned(200, b'{"zone": "DE", "history": [{"zone"'), Reason.NOT_JSON),
        (canned_json({"zone": "FR", "history": []}), Reason.WRONG_ZONE),
        (canned_json({"hello": 1}), Reason.UNEXPECTED_SHAPE),
        (Canned(302, b"moved", {"location": "http://127.0.0.1:1/"}), Reason.UNEXPECTED_STATUS),
        (Canned(418, b"teapot", content_type=None), Reason.UNEXPECTED_STATUS),
    ],
)
async def test_what_can_not_be_used_becomes_a_dead_letter_with_its_bytes(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest, canned: Canned, reason: Reason
) -> None:
    api.say(HISTORY, canned)
    opened = await open_source()
    batch = read_answer(await opened.source.fetch(power_of_de, Temporality.HISTORY), accept_sandbox=False)
    assert batch.events == ()
    (letter,) = batch.letters
    assert letter.reason is reason
    assert letter.body() == canned.body
    assert (letter.zone, letter.signal, letter.status) == ("DE", "power-breakdown", canned.status)
    assert letter.url is not None
    assert "/v4/power-breakdown/history?zone=DE" in letter.url
    assert len(api.asked) == 1


async def test_good_rows_of_an_answer_outlive_a_bad_one(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest
) -> None:
    opened = await open_source()
    good = json.loads((await opened.source.fetch(power_of_de, Temporality.HISTORY)).body)
    good["history"][3]["powerProductionBreakdown"]["wind"] = "12 MW"
    api.say(HISTORY, canned_json(good))
    batch = read_answer(await opened.source.fetch(power_of_de, Temporality.HISTORY), accept_sandbox=False)
    assert len(batch.events) == 23
    (letter,) = batch.letters
    assert json.loads(letter.body() or b"") == good["history"][3]
    assert letter.envelope is not None


async def test_a_row_too_large_for_a_message_becomes_a_dead_letter(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest
) -> None:
    opened = await open_source()
    row = json.loads((await opened.source.fetch(power_of_de, Temporality.LATEST)).body)
    row["note"] = "x" * 600_000
    api.say("power-breakdown/latest", canned_json(row))
    batch = read_answer(await opened.source.fetch(power_of_de, Temporality.LATEST), accept_sandbox=False)
    assert batch.events == ()
    assert batch.letters[0].body() is None
    assert batch.letters[0].body_length > 600_000
    assert max(len(message.value()) for message in batch.messages()) < 1_000_000


async def test_reads_what_each_token_may_read(api: FakeApi, open_source: OpenSource) -> None:
    listing = {
        "DE": {"access": ["power-breakdown/latest"]},
        "FR": {"zoneName": "France"},
        "odd": 3,
    }
    api.say("zones", canned_json(listing))
    opened = await open_source(zones=("DE", "FR"))
    assert await opened.source.access(("DE", "FR")) == {"DE": frozenset({"power-breakdown/latest"})}
    assert api.paths() == ["/v4/zones"]


@pytest.mark.parametrize("canned", [Canned(503), Canned(200, b"[1, 2]"), Canned(200, b"not json"), Canned(403)])
async def test_a_list_of_zones_that_can_not_be_read_is_no_matter(
    api: FakeApi, open_source: OpenSource, canned: Canned
) -> None:
    api.say("zones", canned)
    opened = await open_source()
    assert await opened.source.access(("DE",)) == {}


@given(
    status=st.integers(200, 599),
    body=st.binary(max_size=64) | st.just(b'{"error": "x", "message": "y"}') | st.just(b"[" * 3000),
    content_type=st.sampled_from(["application/json", "text/html", "", ";", "application/problem+json"]),
    retry_after=st.text(alphabet="0123456789-.einfaMonGT: ", max_size=12),
)
def test_any_answer_is_told_apart(status: int, body: bytes, content_type: str, retry_after: str) -> None:
    headers = {"content-type": content_type, "retry-after": retry_after}
    error = failure_of(httpx.Response(status, headers=headers, content=body))
    assert error is None or isinstance(error, SourceError)
    assert (error is None) <= (status == 200)
