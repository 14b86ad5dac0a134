"""`check-fresh` and `check-range`: does the query API have what was collected? For the end of a scheduled run.

They ask over HTTP, as readers do, so they see the whole way from the source to the store.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any, Final

import httpx

from gridpulse_contract.models import Granularity
from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.concurrent import for_each
from gridpulse_ingester.poller import label
from gridpulse_servicekit.lifecycle import StopSignal

__all__ = ["Readers", "check_fresh", "check_range"]

_TIMEOUT_SECONDS: Final = 15.0
_PAUSE_SECONDS: Final = 2.0
_AT_ONCE: Final = 4
_PAGE: Final = 2500
_WIDTH: Final = {
    Granularity.HOURLY: timedelta(hours=1),
    Granularity.MINUTES_15: timedelta(minutes=15),
    Granularity.MINUTES_5: timedelta(minutes=5),
}

Question = Callable[[SourceRequest], Awaitable[str | None]]


class Readers:
    """What readers of the query API at `url` see. A context manager."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS)

    async def __aenter__(self) -> "Readers":
        """Open nothing yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def newest_at(self, request: SourceRequest) -> datetime | None:
        """The start of the newest interval; None where there is none. Raises httpx.HTTPError."""
        answer = await self._client.get(f"{_path(request)}/latest", params=_parameters(request))
        if answer.status_code == 404:
            return None
        return datetime.fromisoformat(answer.raise_for_status().json()["at"])

    async def count(self, request: SourceRequest, start: datetime, end: datetime) -> int:
        """How many intervals start in [start, end). Raises httpx.HTTPError."""
        parameters = {**_parameters(request), "start": start.isoformat(), "end": end.isoformat(), "limit": str(_PAGE)}
        address: str | None = str(httpx.URL(_path(request), params=parameters))
        found = 0
        while address:
            page: dict[str, Any] = (await self._client.get(address)).raise_for_status().json()
            found += len(page["data"])
            address = page["next"]
        return found


async def check_fresh(
    readers: Readers, requests: Sequence[SourceRequest], stop: StopSignal, *, max_age: timedelta, wait: timedelta
) -> list[str]:
    """A sentence for every request whose newest interval began more than `max_age` ago, after waiting for `wait`."""

    async def ask(request: SourceRequest) -> str | None:
        at = await readers.newest_at(request)
        if at is not None and datetime.now(UTC) - at <= max_age:
            return None
        return f"the newest row began {at.isoformat()}" if at else "no row"

    return await _ask_until_well(ask, requests, stop, wait)


async def check_range(
    readers: Readers,
    requests: Sequence[SourceRequest],
    stop: StopSignal,
    *,
    start: datetime,
    end: datetime,
    min_percent: float,
    wait: timedelta,
) -> list[str]:
    """A sentence for every request with less than `min_percent` of its intervals of [start, end), after `wait`."""

    async def ask(request: SourceRequest) -> str | None:
        expected = max(1, (end - start) // _WIDTH[request.granularity])
        found = await readers.count(request, start, end)
        return None if 100 * found >= min_percent * expected else f"{found} of {expected} rows"

    return await _ask_until_well(ask, requests, stop, wait)


async def _ask_until_well(
    ask: Question, requests: Sequence[SourceRequest], stop: StopSignal, wait: timedelta
) -> list[str]:
    deadline = monotonic() + wait.total_seconds()
    left: list[SourceRequest] = list(requests)
    while True:
        problems: dict[SourceRequest, str] = {}
        await for_each(left, _AT_ONCE, partial(_note, ask, problems))
        left = [request for request in left if request in problems]
        # What was collected a moment ago is still on its way through Kafka and Spark.
        if not left or monotonic() >= deadline or await stop.sleep(_PAUSE_SECONDS):
            return [f"{label(request)}: {problems[request]}" for request in left]


async def _note(ask: Question, problems: dict[SourceRequest, str], request: SourceRequest) -> None:
    try:
        problem = await ask(request)
    except httpx.HTTPError as error:
        problem = f"the query API does not answer: {error or type(error).__name__}"
    if problem:
        problems[request] = problem


def _path(request: SourceRequest) -> str:
    return f"/v1/zones/{request.zone}/{request.signal}"


def _parameters(request: SourceRequest) -> dict[str, str]:
    variant = {"variant": request.variant} if request.variant else {}
    return {"granularity": str(request.granularity), **variant}
