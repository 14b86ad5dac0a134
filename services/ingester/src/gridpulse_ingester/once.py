"""`run --once`: one poll of everything, for a scheduler."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from gridpulse_contract.normalise import SourceRequest
from gridpulse_contract.signals import SIGNALS
from gridpulse_ingester.concurrent import for_each
from gridpulse_ingester.errors import NoDataError, NotEntitledError, SourceError
from gridpulse_ingester.poller import Polls, label
from gridpulse_ingester.publisher import Publisher, Result
from gridpulse_servicekit.lifecycle import StopSignal

__all__ = ["Summary", "poll_once"]

_log = structlog.stdlib.get_logger(__name__)


@dataclass
class Summary:
    """What one round of polls came to."""

    polled: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    failures: list[str] = field(default_factory=list[str])
    events: Counter[Result] = field(default_factory=Counter[Result])
    letters: Counter[Result] = field(default_factory=Counter[Result])

    @property
    def exit_code(self) -> int:
        """0 where everything was polled and is in Kafka.

        A zone without data at the moment is no failure, nor are forecasts that the plan does not hold.
        """
        return 1 if self.failures else 0

    def line(self) -> str:
        """The whole in one line."""
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.outcomes.items()))
        events = ", ".join(f"{self.events[result]} {result}" for result in Result)
        text = f"polled {self.polled}: {outcomes or 'nothing'}; events: {events}; dead letters: {self.letters.total()}"
        return f"{text}; failed: {'; '.join(self.failures)}" if self.failures else text


async def poll_once(
    requests: Sequence[SourceRequest], polls: Polls, publisher: Publisher, concurrency: int, stop: StopSignal
) -> Summary:
    """Poll and publish everything once. Failures are counted, never raised; a stop leaves the rest as failed."""
    summary = Summary()

    async def poll(request: SourceRequest) -> None:
        summary.polled += 1
        try:
            if stop.is_set():
                raise _StoppedError("asked to stop before it was polled")
            published = await publisher.publish(batch := await polls.poll(request))
        except NoDataError as error:
            summary.outcomes[error.outcome] += 1
            _log.info("no data", request=label(request), error=str(error))
            return
        except SourceError as error:
            summary.outcomes[error.outcome] += 1
            if isinstance(error, NotEntitledError) and SIGNALS[request.signal].is_forecast:
                _log.warning("no forecasts", request=label(request), error=str(error))
                return
            summary.failures.append(f"{label(request)} ({error.outcome}: {error})")
            return
        summary.events.update(published.events)
        summary.letters.update(published.letters)
        if published.failed:
            summary.outcomes["undelivered"] += 1
            summary.failures.append(f"{label(request)} ({published.failed} messages not delivered to Kafka)")
        elif not batch.events and batch.letters:
            summary.outcomes["unusable"] += 1
            summary.failures.append(f"{label(request)} (unusable: {batch.letters[0].detail})")
        else:
            summary.outcomes["ok"] += 1

    await for_each(requests, concurrency, poll)
    return summary


class _StoppedError(SourceError):
    outcome = "stopped"
