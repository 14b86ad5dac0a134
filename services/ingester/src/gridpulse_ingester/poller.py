"""Decides what to ask the API and when: an even spread of polls, slower while the host fails."""

import asyncio
import heapq
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from gridpulse_contract.models import Signal
from gridpulse_contract.normalise import SourceRequest
from gridpulse_contract.signals import SIGNALS
from gridpulse_ingester.batch import Batch, read_answer
from gridpulse_ingester.errors import (
    BadRequestError,
    DateRangeExceededError,
    HostError,
    NotEntitledError,
    RefusedError,
    SourceError,
)
from gridpulse_ingester.metrics import Metrics
from gridpulse_ingester.settings import IngesterSettings
from gridpulse_ingester.source import Source, Temporality, path_of
from gridpulse_servicekit.lifecycle import Heartbeat, StopSignal

__all__ = ["HostHealth", "Poller", "Polls", "label", "requests_of"]

_log = structlog.stdlib.get_logger(__name__)
_JITTER = 0.05
_WATCH_SECONDS = 1.0
_EMISSION_FACTOR_TYPE = "emissionFactorType"


def requests_of(settings: IngesterSettings, zones: Sequence[str]) -> tuple[SourceRequest, ...]:
    """Everything to poll: zones x signals x variants x granularities."""
    return tuple(
        SourceRequest(signal=signal, zone=zone, granularity=granularity, variant=variant)
        for zone in zones
        for signal in settings.signals
        for variant in _variants(settings, signal)
        for granularity in settings.granularities
    )


def _variants(settings: IngesterSettings, signal: Signal) -> tuple[str, ...]:
    contract = SIGNALS[signal]
    if contract.variant_parameter != _EMISSION_FACTOR_TYPE:
        return contract.variants
    return tuple(variant for variant in contract.variants if variant in settings.emission_factor_types)


def label(request: SourceRequest) -> str:
    """A request in words, for people."""
    variant = f" {request.variant}" if request.variant else ""
    return f"{request.zone} {request.signal}{variant} {request.granularity}"


class Polls:
    """Polls one request: `history`, which repairs gaps up to a day, or `latest` where history is not entitled.

    Of forecasts there is `forecast` alone; where the plan does not hold it, it is not asked for a while.
    """

    def __init__(self, source: Source, settings: IngesterSettings) -> None:
        self._source = source
        self._accept_sandbox = settings.accept_sandbox
        self._recheck_seconds = settings.entitlement_recheck_seconds
        self._latest_until: dict[SourceRequest, float] = {}
        self._no_forecast_until: dict[SourceRequest, float] = {}

    async def learn_access(self, requests: Sequence[SourceRequest]) -> None:
        """Ask `/zones` what is entitled, so that the first polls already know; not knowing is fine."""
        zones = tuple(dict.fromkeys(request.zone for request in requests))
        access = await self._source.access(zones)
        for request in requests:
            granted = access.get(request.zone, frozenset({"*"}))
            if "*" in granted:
                continue
            if SIGNALS[request.signal].is_forecast:
                if path_of(request, Temporality.FORECAST) not in granted:
                    self._ask_no_forecast_for_a_while(request)
                continue
            history, latest = (path_of(request, kind) for kind in (Temporality.HISTORY, Temporality.LATEST))
            if latest in granted and history not in granted:
                self._poll_latest_for_a_while(request)

    async def poll(self, request: SourceRequest) -> Batch:
        """What the API has now. Raises SourceError."""
        if SIGNALS[request.signal].is_forecast:
            return await self._poll_forecast(request)
        answer = None
        if time.monotonic() >= self._latest_until.get(request, 0.0):
            try:
                answer = await self._source.fetch(request, Temporality.HISTORY)
            except DateRangeExceededError:
                raise
            except (NotEntitledError, BadRequestError) as error:
                self._poll_latest_for_a_while(request)
                _log.warning("no history, polling latest", request=label(request), error=str(error))
        if answer is None:
            answer = await self._source.fetch(request, Temporality.LATEST)
        return read_answer(answer, accept_sandbox=self._accept_sandbox)

    async def _poll_forecast(self, request: SourceRequest) -> Batch:
        if time.monotonic() < self._no_forecast_until.get(request, 0.0):
            raise NotEntitledError(f"the key's list of zones has no {path_of(request, Temporality.FORECAST)}")
        try:
            answer = await self._source.fetch(request, Temporality.FORECAST)
        except NotEntitledError:
            self._ask_no_forecast_for_a_while(request)
            raise
        return read_answer(answer, accept_sandbox=self._accept_sandbox)

    def _ask_no_forecast_for_a_while(self, request: SourceRequest) -> None:
        self._no_forecast_until[request] = time.monotonic() + self._recheck_seconds

    def _poll_latest_for_a_while(self, request: SourceRequest) -> None:
        self._latest_until[request] = time.monotonic() + self._recheck_seconds


class HostHealth:
    """Slows polls down while the host fails: twice for each full round of failures, back twice as fast."""

    def __init__(self, requests_per_round: int, max_slowdown: float, metrics: Metrics, host: str) -> None:
        self._step = 2 ** (1 / max(1, requests_per_round))
        self._max = max_slowdown
        self._gauge = metrics.poll_interval_factor.labels(host)
        self.factor = 1.0
        self._gauge.set(1.0)

    def failed(self) -> None:
        """A poll found the host failing."""
        self._set(self.factor * self._step)

    def answered(self) -> None:
        """A poll got an answer, be it a refusal."""
        self._set(self.factor / self._step**2)

    def _set(self, factor: float) -> None:
        self.factor = min(max(factor, 1.0), self._max)
        self._gauge.set(self.factor)


@dataclass(order=True)
class _Due:
    at: float
    request: SourceRequest = field(compare=False)
    periods_to_next: float = field(compare=False, default=1.0)


class Poller:
    """Polls until asked to stop, and hands batches over through a bounded queue: where Kafka is slow, polls wait."""

    def __init__(
        self,
        polls: Polls,
        requests: Sequence[SourceRequest],
        settings: IngesterSettings,
        out: asyncio.Queue[Batch],
        heartbeat: Heartbeat,
        metrics: Metrics,
        stop: StopSignal,
    ) -> None:
        self._polls = polls
        self._settings = settings
        self._out = out
        self._heartbeat = heartbeat
        self._stop = stop
        self._health = HostHealth(
            len(requests), settings.max_slowdown, metrics, settings.api_base_url.host or "unknown"
        )
        self._random = random.Random()  # noqa: S311 - jitter, not a secret
        now = time.monotonic()
        self._due = [
            # first polls come at once; the second ones lie spread over the period, and so do all after them
            _Due(now + share * settings.startup_spread_seconds, request, 0.5 + share)
            for share, request in ((number / len(requests), request) for number, request in enumerate(requests))
        ]
        heapq.heapify(self._due)
        self.unpolled = set(requests)
        """Requests that have not been polled yet, whatever came of it."""

    async def run(self) -> None:
        """Return once asked to stop, when polls in flight have been handed over."""
        async with asyncio.TaskGroup() as workers:
            for number in range(self._settings.concurrency):
                workers.create_task(self._work(f"poll-{number}"))

    async def _work(self, name: str) -> None:
        while (due := await self._next(name)) is not None:
            not_before_seconds = await self._poll(due.request, name)
            self.unpolled.discard(due.request)
            jitter = self._random.uniform(1 - _JITTER, 1 + _JITTER)
            period = self._period_seconds(due.request) * due.periods_to_next * self._health.factor * jitter
            now = time.monotonic()
            next_at = due.at + period if due.at + period > now else now + period
            heapq.heappush(self._due, _Due(max(next_at, now + not_before_seconds), due.request))
        self._heartbeat.end(name)

    def _period_seconds(self, request: SourceRequest) -> float:
        is_forecast = SIGNALS[request.signal].is_forecast
        return self._settings.forecast_period_seconds if is_forecast else self._settings.poll_period_seconds

    async def _next(self, name: str) -> _Due | None:
        while not self._stop.is_set():
            self._heartbeat.beat(name)
            now = time.monotonic()
            if self._due and self._due[0].at <= now:
                return heapq.heappop(self._due)
            await self._stop.sleep(min(_WATCH_SECONDS, self._due[0].at - now) if self._due else _WATCH_SECONDS)
        return None

    async def _poll(self, request: SourceRequest, worker: str) -> float:
        """Poll and hand over; returns for how many seconds the request is not to be polled again."""
        try:
            batch = await self._polls.poll(request)
        except HostError as error:
            self._health.failed()
            _log.warning("host fails", request=label(request), outcome=error.outcome, error=str(error))
            return error.retry_after_seconds or 0.0
        except RefusedError as error:
            self._health.answered()
            _log.error("refused", request=label(request), outcome=error.outcome, error=str(error))
            return self._settings.refused_period_seconds
        except SourceError as error:
            self._health.answered()
            _log.info("no answer", request=label(request), outcome=error.outcome, error=str(error))
        except Exception:
            _log.exception("a poll failed by an error of ours", request=label(request))
        else:
            self._health.answered()
            await self._heartbeat.during(worker, self._out.put(batch))
        return 0.0
