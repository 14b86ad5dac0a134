"""`repair`: finds the hours that the query API lacks, fetches them through `past-range`, and says what stays missing.

docs/decisions/gaps-are-what-the-api-lacks.md says why it asks the query API, and sends what Kafka may already have.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.backfill import EXIT_INTERRUPTED, BackfillSummary
from gridpulse_ingester.concurrent import for_each
from gridpulse_ingester.errors import BadTokenError, NotEntitledError, QueryApiError, RefusedError
from gridpulse_ingester.gaps import HOUR, hours_of, merged, missing_hours, stretches
from gridpulse_ingester.poller import label
from gridpulse_ingester.served import QueryApi
from gridpulse_ingester.source import Window
from gridpulse_ingester.windows import LONGEST_WINDOW
from gridpulse_servicekit.lifecycle import StopSignal

__all__ = ["Repair", "find_gaps"]

_SERIES_BETWEEN_REPORTS: Final = 50
_STRETCHES_IN_A_LINE: Final = 5
_REMEDIES: Final[Mapping[type[RefusedError], str]] = {
    NotEntitledError: "the key has no past-range here; take a plan that has it, or give the zone another token in the "
    "tokens file (its last 24 hours come through `run` all the same)",
    BadTokenError: "the token is missing, wrong or expired; check GRIDPULSE_INGESTER_API_TOKEN, or the zone's entry in "
    "the tokens file",
}


async def find_gaps(
    query_api: QueryApi,
    requests: Sequence[SourceRequest],
    window: Window,
    concurrency: int,
    stop: StopSignal,
    say: Callable[[str], None],
) -> dict[SourceRequest, list[datetime]]:
    """Hours of the window that the query API does not serve, of each series that lacks any.

    Ends early when the program is asked to stop. Raises QueryApiError.
    """
    gaps: dict[SourceRequest, list[datetime]] = {}
    looked_at = 0

    async def look(request: SourceRequest) -> None:
        nonlocal looked_at
        served = None if stop.is_set() else await stop.unless_set(query_api.starts(request, window))
        if served is None:
            return
        missing = missing_hours(window, served)
        looked_at += 1
        if missing:
            gaps[request] = missing
            say(f"{label(request)}: {_hours(missing)} missing: {_listed(missing)}")
        if looked_at % _SERIES_BETWEEN_REPORTS == 0:
            say(f"looked at {looked_at} of {len(requests)} series")

    try:
        await for_each(requests, concurrency, look)
    except* QueryApiError as group:
        raise group.exceptions[0] from None
    return {request: gaps[request] for request in requests if request in gaps}


@dataclass
class Repair:
    """What is to be fetched and what came of it."""

    window: Window
    """Where gaps were looked for."""
    requests: Sequence[SourceRequest]
    gaps: Mapping[SourceRequest, Sequence[datetime]]
    refresh: Sequence[Window] = ()
    """To be fetched in any case, for revisions."""
    _fetched: dict[SourceRequest, set[datetime]] = field(default_factory=lambda: defaultdict(set), init=False)
    _absent: dict[SourceRequest, set[datetime]] = field(default_factory=lambda: defaultdict(set), init=False)

    def plan(self) -> dict[SourceRequest, list[Window]]:
        """The windows to fetch: as few as the API's limit allows."""
        refreshed = [hour for window in self.refresh for hour in hours_of(window)]
        windows = {
            request: merged([*self.gaps.get(request, ()), *refreshed], LONGEST_WINDOW[request.granularity])
            for request in self.requests
        }
        return {request: wanted for request, wanted in windows.items() if wanted}

    def answered(self, request: SourceRequest, window: Window, starts: Iterable[datetime]) -> None:
        """The source has answered for a window: with rows that start then, which Kafka has now, and no others."""
        present = set(starts)
        asked = [hour for hour in self.gaps.get(request, ()) if window.start <= hour < window.end]
        self._fetched[request].update(hour for hour in asked if hour in present)
        self._absent[request].update(hour for hour in asked if hour not in present)

    def exit_code(self, summary: BackfillSummary) -> int:
        """0 = all is in Kafka that the source and the keys' plans offer; 75 = interrupted; 1 = look at the summary."""
        if summary.failures or any(type(error) not in _REMEDIES for error in summary.refused.values()):
            return 1
        return EXIT_INTERRUPTED if summary.interrupted else 0

    def lines(self, summary: BackfillSummary) -> list[str]:
        """The summary for people."""
        missing, fetched, absent = (_count(hours) for hours in (self.gaps, self._fetched, self._absent))
        lines = [
            f"repair: {self.window}, {len(self.requests)} series: {missing} hours were missing, {fetched} fetched, "
            f"{absent} not at the source, {missing - fetched - absent} not fetched; days refreshed: {len(self.refresh)}"
        ]
        lines += [
            f"not at the source: {label(request)}: {_listed(hours)}" for request, hours in self._absent.items() if hours
        ]
        return [*lines, *self._refusals(summary), *summary.lines_of_windows()]

    def _refusals(self, summary: BackfillSummary) -> list[str]:
        """One line for each zone and reason."""
        by_zone: dict[tuple[str, type[RefusedError]], list[SourceRequest]] = defaultdict(list)
        for request, error in summary.refused.items():
            by_zone[request.zone, type(error)].append(request)
        lines: list[str] = []
        for (zone, kind), requests in sorted(by_zone.items(), key=lambda item: item[0][0]):
            hours = sum(len(self.gaps.get(request, ())) - len(self._fetched[request]) for request in requests)
            remedy = _REMEDIES.get(kind) or str(summary.refused[requests[0]])
            lines.append(f"not fetched: {zone}, {hours} hours of {len(requests)} series: {kind.outcome}: {remedy}")
        return lines


def _count(hours: Mapping[SourceRequest, Iterable[datetime]]) -> int:
    return sum(len(list(members)) for members in hours.values())


def _hours(hours: Sequence[datetime]) -> str:
    return "1 hour" if len(hours) == 1 else f"{len(hours)} hours"


def _listed(hours: Iterable[datetime]) -> str:
    windows = stretches(hours)
    text = ", ".join(f"{window} ({(window.end - window.start) // HOUR} h)" for window in windows[:_STRETCHES_IN_A_LINE])
    more = len(windows) - _STRETCHES_IN_A_LINE
    return f"{text} and {more} more" if more > 0 else text
