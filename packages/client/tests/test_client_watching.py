"""Streams are read as they are written, however they arrive, and taken up where they broke."""

import json
from collections.abc import Iterator
from itertools import islice

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse import AnswerError, BusyError, Client, Event, RefusedError

from .conftest import URL, Connect, problem

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ROWS = st.dictionaries(TEXTS, st.one_of(st.none(), st.floats(allow_nan=False), TEXTS), max_size=3)
IDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5)
BURSTS = st.lists(st.tuples(st.lists(ROWS, min_size=1, max_size=3), IDS), min_size=1, max_size=4)


class Pieces(httpx.SyncByteStream):
    """A body in pieces, which then ends or, with `breaks`, breaks."""

    def __init__(self, pieces: list[bytes], *, breaks: bool = False) -> None:
        self._pieces = pieces
        self._breaks = breaks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._breaks:
            raise httpx.ReadError("cut off")


def stream(*pieces: bytes, breaks: bool = False) -> httpx.Response:
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    return httpx.Response(200, headers=headers, stream=Pieces([*pieces], breaks=breaks))


def encoded(rows: list[dict[str, object]], identity: str, end: str) -> str:
    """A burst as the API writes it: its last event has the id. `end` ends the lines."""
    parts = [f"event: power-breakdown{end}data: {json.dumps(row, ensure_ascii=False)}{end}{end}" for row in rows]
    return "".join((*parts[:-1], f"id: {identity}{end}", parts[-1]))


@given(BURSTS, st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_any_rows_arrive_in_any_pieces(
    bursts: list[tuple[list[dict[str, object]], str]], end: str, data: st.DataObject
) -> None:
    heartbeat = f": still here{end}{end}"
    text = f"retry: 0{end}{end}" + heartbeat.join(encoded(rows, identity, end) for rows, identity in bursts)
    content = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(content)), max_size=8)))
    pieces = [content[start:stop] for start, stop in zip([0, *cuts], [*cuts, None], strict=True)]
    rows = [row for burst, _ in bursts for row in burst]
    with Client(URL, transport=httpx.MockTransport(lambda _: stream(*pieces, b"\n"))) as client:
        events = list(islice(client.watch("DE"), len(rows)))
    assert [event.row for event in events] == rows
    assert {event.signal for event in events} == {"power-breakdown"}
    assert events[-1].id == bursts[-1][1]


def test_a_text_may_have_what_other_readers_take_for_a_line_end(connect: Connect) -> None:
    row: dict[str, object] = {"name": "a\u2028b\u2029c\u0085d"}
    content = encoded([row], "one", "\n")
    assert next(connect(lambda _: stream(content.encode())).watch("DE")).row == row


def test_a_broken_stream_goes_on_where_it_is_known_to_be_whole(connect: Connect) -> None:
    """The first event of a burst without its end does not move the id, so the whole burst is asked for again."""
    asked: list[str | None] = []
    whole = encoded([{"n": 1}, {"n": 2}], "one", "\n").encode()
    half = b'event: power-breakdown\ndata: {"n": 3}\n\nevent: power-breakdown\ndata: {"n"'
    answers = [
        stream(b"retry: 0\n\n", whole, half, breaks=True),
        stream(b"retry: 0\n\n", encoded([{"n": 3}, {"n": 4}], "two", "\n").encode()),
        stream(b"retry: 0\n\n", b'event: power-breakdown\ndata: {"n": 5}\n\n', breaks=True),
        stream(b"retry: 0\n\nid: three\n\n"),
        stream(b"retry: 0\n\n", encoded([{"n": 6}], "four", "\n").encode()),
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("last-event-id"))
        assert request.headers["x-api-key"] == "secret"
        return answers.pop(0)

    events = list(islice(connect(answer).watch("DE"), 7))
    assert [event.row["n"] for event in events] == [1, 2, 3, 3, 4, 5, 6]
    assert asked == [None, "one", "two", "two", "three"]
    assert events[2] == Event("power-breakdown", {"n": 3}, "one")


def test_a_stream_is_taken_up_however_long_the_server_is_away_but_not_begun(connect: Connect) -> None:
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if asked in (5, 16):
            return stream(b"retry: 0\n\n", encoded([{"n": asked}], "id", "\n").encode())
        return problem(503, "too-many-streams", retry_after=0)

    with pytest.raises(BusyError):
        next(connect(answer).watch("DE"))
    assert asked == 4
    events = connect(answer).watch("DE")
    assert next(events).row == {"n": 5}
    assert next(events).row == {"n": 16}


def test_a_stream_that_is_refused_later_ends(connect: Connect) -> None:
    answers = [
        stream(b"retry: 0\n\n", encoded([{"n": 1}], "one", "\n").encode()),
        problem(401, "invalid-key"),
    ]
    events = connect(lambda _: answers.pop(0)).watch("DE", last_event_id="zero")
    assert next(events).row == {"n": 1}
    with pytest.raises(RefusedError):
        next(events)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>welcome"),
        stream(b"data: no json\n\n"),
        stream(b"data: 1\n\n"),
    ],
)
def test_what_is_no_stream_of_ours_is_an_error(connect: Connect, answer: httpx.Response) -> None:
    with pytest.raises(AnswerError, match="stream"):
        next(connect(lambda _: answer).watch("DE"))
