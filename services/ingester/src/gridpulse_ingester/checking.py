"""`check-fresh` and `check-range`: does the query API have what was collected? For the end of a scheduled run.

They ask over HTTP, as readers do, so they see the whole way from the source to the store.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import Final

from gridpulse_contract.models import Granularity
from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.concurrent import for_each
from gridpulse_ingester.errors import QueryApiError
from gridpulse_ingester.poller import label
from gridpulse_ingester.served import QueryApi
from gridpulse_ingester.source import Window
from gridpulse_servicekit.lifecycle import StopSignal

__all__ = ["check_fresh", "check_range"]

_PAUSE_SECONDS: Final = 2.0
_AT_ONCE: Final = 4
_WIDTH: Final = {
    Granularity.HOURLY: timedelta(hours=1),
    Granularity.MINUTES_15: timedelta(minutes=15),
    Granularity.MINUTES_5: timedelta(minutes=5),
}

Question = Callable[[SourceRequest], Awaitable[str | None]]


async def check_fresh(
    query_api: QueryApi, requests: Sequence[SourceRequest], stop: StopSignal, *, max_age: timedelta, wait: timedelta
) -> list[str]:
    """A sentence for every request whose newest interval began more than `max_age` ago, after waiting for `wait`."""

    async def ask(request: SourceRequest) -> str | None:
        at = await query_api.newest(request)
        if at is not None and datetime.now(UTC) - at <= max_age:
            return None
        return f"the newest row began {at.isoformat()}" if at else "no row"

    return await _ask_until_well(ask, requests, stop, wait)


async def check_range(
    query_api: QueryApi,
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
        found = len(await query_api.starts(request, Window(start, end)))
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
    except QueryApiError as error:
        problem = f"the query API does not answer: {error}"
    if problem:
        problems[request] = problem
