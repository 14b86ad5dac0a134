"""`backfill`: reads the past through `past-range`, window by window; can be interrupted and resumed."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.batch import read_answer
from gridpulse_ingester.concurrent import for_each
from gridpulse_ingester.errors import DateRangeExceededError, NoDataError, OverQuotaError, RefusedError, SourceError
from gridpulse_ingester.poller import label
from gridpulse_ingester.publisher import Publisher, Result
from gridpulse_ingester.source import Answer, Source, Temporality, Window
from gridpulse_ingester.windows import LONGEST_WINDOW, Progress, split
from gridpulse_servicekit.lifecycle import StopSignal

__all__ = ["EXIT_INTERRUPTED", "Answered", "Backfill", "BackfillSummary"]

Answered = Callable[[SourceRequest, Window, Iterable[datetime]], None]
"""Is told of every window that the source has answered, with the starts of its rows, which Kafka has by then."""

_WAITS_FOR_QUOTA = 10
EXIT_INTERRUPTED = 75  # EX_TEMPFAIL: not a failure, but not done either


@dataclass
class BackfillSummary:
    """What a backfill came to."""

    windows: Counter[str] = field(default_factory=Counter[str])
    events: Counter[Result] = field(default_factory=Counter[Result])
    letters: int = 0
    refused: dict[SourceRequest, RefusedError] = field(default_factory=dict[SourceRequest, RefusedError])
    failures: list[str] = field(default_factory=list[str])
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 = all that was asked for is in Kafka; 75 = interrupted, run it again; 1 = look at the summary."""
        if self.failures or self.refused:
            return 1
        return EXIT_INTERRUPTED if self.interrupted else 0

    def lines(self) -> list[str]:
        """The summary for people."""
        counts, *rest = self.lines_of_windows()
        refused = sorted((label(request), error) for request, error in self.refused.items())
        return [counts, *(f"refused: {name}: {error.outcome}: {error}" for name, error in refused), *rest]

    def lines_of_windows(self) -> list[str]:
        """The part of it that is not about refusals."""
        windows = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.windows.items()))
        events = ", ".join(f"{self.events[result]} {result}" for result in Result)
        lines = [f"backfill: windows: {windows or 'none'}; events: {events}; dead letters: {self.letters}"]
        lines += [f"failed: {failure}" for failure in self.failures]
        if self.interrupted:
            lines.append("interrupted: run the same command again (a backfill with the same --state) to go on")
        return lines


class Backfill:
    """One run over a span of time."""

    def __init__(
        self,
        source: Source,
        publisher: Publisher,
        progress: Progress,
        stop: StopSignal,
        say: Callable[[str], None],
        *,
        accept_sandbox: bool,
        answered: Answered | None = None,
    ) -> None:
        self._source = source
        self._publisher = publisher
        self._progress = progress
        self._stop = stop
        self._say = say
        self._accept_sandbox = accept_sandbox
        self._answered: Answered = answered or (lambda _request, _window, _starts: None)
        self._left = 0
        self.summary = BackfillSummary()

    async def run(
        self, requests: Sequence[SourceRequest], start: datetime, end: datetime, concurrency: int
    ) -> BackfillSummary:
        """Read [start, end) of every request, as `read` does."""
        windows = {request: list(split(start, end, LONGEST_WINDOW[request.granularity])) for request in requests}
        return await self.read(windows, concurrency)

    async def read(self, windows: Mapping[SourceRequest, Sequence[Window]], concurrency: int) -> BackfillSummary:
        """Read the windows of every request, none longer than the API allows.

        A key without past-range, or a window that fails, is told and left; the others go on. Raises
        DateRangeExceededError, since then every window is too long, and an empty result would be a lie.
        """
        self._left = sum(map(len, windows.values()))

        async def backfill(request: SourceRequest) -> None:
            for number, window in enumerate(windows[request]):
                if self._stop.is_set():
                    self.summary.interrupted = True
                    return
                try:
                    await self._window(request, window)
                except DateRangeExceededError:
                    raise
                except RefusedError as error:
                    self._left -= len(windows[request]) - number
                    self._refuse(request, error)
                    return
                self._left -= 1

        try:
            await for_each(windows, concurrency, backfill)
        except* DateRangeExceededError as group:
            raise DateRangeExceededError(str(group.exceptions[0])) from None
        return self.summary

    async def _window(self, request: SourceRequest, window: Window) -> None:
        name = f"{label(request)} {window}"
        if self._progress.is_done(request, window):
            self.summary.windows["done before"] += 1
            return
        try:
            answer = await self._fetch(request, window)
        except NoDataError as error:
            self.summary.windows["without data"] += 1
            self._say(f"{name}: no data ({error})")
            self._answered(request, window, ())
            return
        except RefusedError:
            raise
        except SourceError as error:
            if self._stop.is_set():
                self.summary.interrupted = True
                return
            self._fail(name, f"{error.outcome}: {error}")
            return
        batch = read_answer(answer, accept_sandbox=self._accept_sandbox)
        published = await self._publisher.publish(batch)
        self.summary.events.update(published.events)
        self.summary.letters += published.letters.total()
        if published.failed:
            self._fail(name, f"{published.failed} messages not delivered to Kafka")
        elif batch.letters and not batch.events:
            self._fail(name, f"unusable answer, dead-lettered: {batch.letters[0].detail}")
        else:
            self._progress.done(request, window)
            self._answered(request, window, (event.at for event in batch.events))
            self.summary.windows["done"] += 1
            rows = f"{len(batch.events)} rows, {published.events[Result.PUBLISHED]} new"
            self._say(f"{name}: {rows}; windows to go: {self._left - 1}")

    async def _fetch(self, request: SourceRequest, window: Window) -> Answer:
        """Fetch; where the quota is used up until a known time, wait for it instead of failing window after window."""
        for _ in range(_WAITS_FOR_QUOTA):
            try:
                return await self._source.fetch(request, Temporality.PAST_RANGE, window)
            except OverQuotaError as error:
                if error.retry_after_seconds is None or self._stop.is_set():
                    raise
                self._say(f"{label(request)}: quota used up, waiting {error.retry_after_seconds:.0f} s")
                await self._stop.sleep(error.retry_after_seconds)
        return await self._source.fetch(request, Temporality.PAST_RANGE, window)

    def _refuse(self, request: SourceRequest, error: RefusedError) -> None:
        """Tell it once for each zone, since its series have one key: the summary has them all."""
        told = any(other.zone == request.zone and type(e) is type(error) for other, e in self.summary.refused.items())
        self.summary.refused[request] = error
        if not told:
            self._say(f"{label(request)}: {error.outcome}, its other windows are skipped: {error}")

    def _fail(self, name: str, reason: str) -> None:
        self.summary.windows["failed"] += 1
        self.summary.failures.append(f"{name}: {reason}")
        self._say(f"{name}: failed: {reason}")
