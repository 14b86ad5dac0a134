"""Asks the query API, and asks again where that can help: here and nowhere else."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import httpx
import stamina

from gridpulse.errors import BusyError, UnreachableError
from gridpulse.problems import error_of

__all__ = ["Asking"]

_ATTEMPTS: Final = 4
_TOTAL_SECONDS: Final = 120.0
_WAIT_INITIAL_SECONDS: Final = 0.25
_WAIT_MAX_SECONDS: Final = 60.0  # as long as a key that has asked too often may have to wait
_SILENCE_SECONDS: Final = 45.0  # three heartbeats of a stream


class Asking:
    """GET requests through one `httpx.Client`, which is the caller's to close."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def get(self, path: str, query: Mapping[str, str]) -> httpx.Response:
        """A good answer, read. Raises GridPulseError."""
        return self._ask(self._http.build_request("GET", path, params=query), stream=False, endless=False)

    def open_stream(
        self, path: str, query: Mapping[str, str], last_event_id: str, *, endless: bool = False
    ) -> httpx.Response:
        """A good answer whose body is the caller's to read and to close. Raises GridPulseError.

        `endless`: ask until there is an answer, or one that says that asking again can't help.
        """
        headers = {"accept": "text/event-stream", "cache-control": "no-store"}
        if last_event_id:
            headers["last-event-id"] = last_event_id
        usual = self._http.timeout
        timeout = httpx.Timeout(connect=usual.connect, write=usual.write, pool=usual.pool, read=_SILENCE_SECONDS)
        request = self._http.build_request("GET", path, params=query, headers=headers, timeout=timeout)
        return self._ask(request, stream=True, endless=endless)

    def _ask(self, request: httpx.Request, *, stream: bool, endless: bool) -> httpx.Response:
        tries = stamina.retry_context(
            on=_wait_before_retry,
            attempts=None if endless else _ATTEMPTS,
            timeout=None if endless else _TOTAL_SECONDS,
            wait_initial=_WAIT_INITIAL_SECONDS,
            wait_max=_WAIT_MAX_SECONDS,
        )
        for attempt in tries:
            with attempt:
                return self._ask_once(request, stream=stream)
        raise AssertionError("unreachable: the last try raises")

    def _ask_once(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        try:
            response = self._http.send(request, stream=stream)
            if response.status_code != HTTPStatus.OK:
                response.read()  # a problem, also where a stream was asked for
        except httpx.RequestError as error:
            raise UnreachableError(f"{_place(request)} can't be reached: {_reason(error)}.") from error
        if error := error_of(response):
            raise error
        return response


def _wait_before_retry(error: Exception) -> bool | float:
    if isinstance(error, BusyError):
        seconds = error.retry_after_seconds
        return True if seconds is None else (seconds if seconds <= _WAIT_MAX_SECONDS else False)
    return isinstance(error, UnreachableError)


def _place(request: httpx.Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"


def _reason(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"no answer in time ({type(error).__name__})"
    return str(error) or type(error).__name__
