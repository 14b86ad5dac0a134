"""A zone as it changes: server-sent events, over as many connections as it takes."""

import json
import time
from collections.abc import Generator, Mapping
from typing import Any, Final, NamedTuple, cast

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError

from gridpulse.asking import Asking
from gridpulse.errors import AnswerError
from gridpulse.listing import Document

__all__ = ["Event", "watch"]

_OTHERS: Final = ("forecast",)
"""Events that are no rows."""
_PAUSE_SECONDS: Final = 2.0
_MAX_PAUSE_SECONDS: Final = 60.0


class Event(NamedTuple):
    """A row that is new or revised."""

    signal: str
    """`power-breakdown` or `carbon-intensity`."""
    row: Document
    """As `Client.latest` returns it, without its age."""
    id: str
    """Names what has been told before and with this event; to go on from there later. Empty: nothing yet."""


def watch(asking: Asking, path: str, query: Mapping[str, str], last_event_id: str) -> Generator[Event]:
    """Rows without an end; what else a stream tells is left out.

    The server ends each connection from time to time, and any may break: we come back.

    Raises GridPulseError where the first connection can't be made, or a later one is refused.
    """
    known, pause_seconds, endless = last_event_id, _PAUSE_SECONDS, False
    while True:
        response = asking.open_stream(path, query, known, endless=endless)
        endless = True
        try:
            for message in EventSource(response).iter_sse():
                if message.retry is not None:
                    pause_seconds = min(max(message.retry / 1000, 0.0), _MAX_PAUSE_SECONDS)
                known = message.id or known
                if message.data and message.event not in _OTHERS:  # without any, it only moves the id
                    yield _event(message, known)
        except SSEError as error:
            raise AnswerError(f"{response.url}: this is not a stream of the query API: {error}") from error
        except httpx.TransportError:
            pass  # it broke, or was silent for too long
        finally:
            response.close()
        time.sleep(pause_seconds)


def _event(message: ServerSentEvent, known: str) -> Event:
    try:
        row: Any = json.loads(message.data)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise AnswerError(f"An event of the stream is no JSON object: {message.data[:80]!r}")
    return Event(message.event, cast("Document", row), known)
