"""What is asked again, what is not, and which error is left."""

import importlib
import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse import (
    AnswerError,
    BusyError,
    Client,
    FaultError,
    GridPulseError,
    MissingExtraError,
    RefusedError,
    UnreachableError,
)
from gridpulse.problems import retry_after_seconds

from .conftest import Connect, page, problem

NOW = datetime(2026, 1, 31, 13, tzinfo=UTC)
Answer = httpx.Response | Exception


class Server:
    """Gives one answer after the other, the last one for ever."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize(
    "passing",
    [
        problem(503, "store-unavailable", retry_after=5),
        problem(429, "too-many-requests", retry_after=59),
        httpx.Response(502, text="<html>"),
        httpx.Response(504),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut off"),
    ],
)
def test_what_passes_is_asked_again(connect: Connect, passing: Answer) -> None:
    server = Server([passing, passing, page([1])])
    assert list(connect(server).zones().rows()) == [1]
    assert len(server.requests) == 3


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize(
    ("lasting", "kind"),
    [(problem(503, "store-timeout", retry_after=5), BusyError), (httpx.ConnectError("refused"), UnreachableError)],
)
def test_it_is_not_asked_for_ever(connect: Connect, lasting: Answer, kind: type[GridPulseError]) -> None:
    server = Server([lasting])
    with pytest.raises(kind):
        connect(server).latest("DE")
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(400, "bad-parameter", parameter="start"), RefusedError),
        (problem(401, "invalid-key"), RefusedError),
        (problem(404, "unknown-zone", near_matches=["DE"]), RefusedError),
        (problem(422, "unprocessable"), RefusedError),
        (problem(429, "too-many-requests", retry_after=3600), BusyError),
        (problem(500, "fault"), FaultError),
        (httpx.Response(404, text="<html>not here"), AnswerError),
        (httpx.Response(200, text="<html>welcome"), AnswerError),
        (httpx.Response(204), AnswerError),
        (httpx.Response(301, headers={"location": "http://elsewhere.test/"}), AnswerError),
    ],
)
def test_what_does_not_pass_is_asked_once(connect: Connect, answer: Answer, kind: type[GridPulseError]) -> None:
    server = Server([answer])
    with pytest.raises(kind):
        connect(server).latest("DE")
    assert len(server.requests) == 1


def test_a_problem_is_told_whole(connect: Connect) -> None:
    server = Server([problem(404, "unknown-zone", parameter="zone", near_matches=["DE"])])
    with pytest.raises(RefusedError, match="What to do") as raised:
        connect(server).latest("de")
    error = raised.value
    assert (error.status, error.kind, error.parameter) == (404, "urn:gridpulse:problem:unknown-zone", "zone")
    assert error.near_matches == ("DE",)


@pytest.mark.parametrize("body", ["[]", "{", '"x"', '{"title": 1, "detail": [], "near_matches": {"a": 1}}'])
def test_a_problem_that_is_none_does_not_hide_the_status(connect: Connect, body: str) -> None:
    headers = {"content-type": "application/problem+json"}
    with pytest.raises(GridPulseError, match="422"):
        connect(Server([httpx.Response(422, text=body, headers=headers)])).latest("DE")


def test_the_key_goes_with_every_request_and_a_zone_stays_in_its_place(connect: Connect) -> None:
    server = Server([httpx.Response(200, json={})])
    connect(server).latest("a/../b?c", "carbon-intensity", variant="direct")
    request = server.requests[0]
    assert request.headers["x-api-key"] == "secret"
    assert request.url.raw_path == b"/below/v1/zones/a%2F..%2Fb%3Fc/carbon-intensity/latest?variant=direct"


@pytest.mark.parametrize("url", ["", "api.test", "ftp://api.test", "http://", "http://a\nb", "http://a:b"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        Client(url)


@pytest.mark.parametrize("key", ["", "two words", "naïve", "line\nbreak"])
def test_what_is_no_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ValueError, match="API key") as raised:
        Client(api_key=key)
    assert not key or key not in str(raised.value)


def test_instants_go_in_utc_and_need_a_time_zone(connect: Connect) -> None:
    server = Server([page([])])
    client = connect(server)
    list(client.range("DE", start=NOW.astimezone(timezone(timedelta(hours=2)))).rows())
    assert server.requests[0].url.params["start"] == "2026-01-31T13:00:00Z"
    with pytest.raises(ValueError, match="no time zone"):
        client.range("DE", end=NOW.replace(tzinfo=None))


def test_retry_after_is_read_in_both_forms() -> None:
    in_a_minute = NOW + timedelta(minutes=1)
    assert retry_after_seconds("5", NOW) == 5
    assert retry_after_seconds(format_datetime(in_a_minute, usegmt=True), NOW) == 60
    assert retry_after_seconds(format_datetime(NOW - timedelta(days=1), usegmt=True), NOW) == 0


@given(st.one_of(st.text(), st.floats().map(str), st.datetimes().map(lambda at: format_datetime(at))))
def test_any_retry_after_is_a_wait_or_nothing(header: str) -> None:
    seconds = retry_after_seconds(header, NOW)
    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)


def test_a_missing_library_is_named(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., object] = importlib.import_module

    def without_pandas(name: str) -> object:
        if name == "pandas":
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr(importlib, "import_module", without_pandas)
    with pytest.raises(MissingExtraError, match="pip install pandas pyarrow"):
        connect(Server([page([])])).zones().dataframe()
