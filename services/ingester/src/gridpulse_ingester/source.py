"""Asks the Electricity Maps API, as its notes say, and retries where a retry can help: here and nowhere else."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, cast

import httpx
import stamina

from gridpulse_contract.normalise import SourceRequest
from gridpulse_contract.signals import SIGNALS
from gridpulse_ingester.answers import date_of, failure_of
from gridpulse_ingester.errors import HostError, HostUnreachableError, SourceError, UnusableAnswerError
from gridpulse_ingester.metrics import Metrics
from gridpulse_ingester.quota import Quota
from gridpulse_ingester.settings import IngesterSettings
from gridpulse_ingester.tokens import Tokens
from gridpulse_servicekit.lifecycle import StopSignal

__all__ = ["Answer", "Source", "Temporality", "Window", "open_client", "path_of"]

_USER_AGENT: Final = "gridpulse-ingester/0.1"


class Temporality(StrEnum):
    """The API's endpoints by time."""

    LATEST = "latest"
    HISTORY = "history"
    PAST_RANGE = "past-range"
    FORECAST = "forecast"


@dataclass(frozen=True)
class Window:
    """Instants from `start` to before `end`."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{api_instant(self.start)}/{api_instant(self.end)}"


@dataclass(frozen=True)
class Answer:
    """An answer's bytes with what is needed to read them, or to say later where they came from."""

    request: SourceRequest
    url: str
    status: int
    content_type: str | None
    body: bytes
    received_at: datetime
    problem: UnusableAnswerError | None = None


def api_instant(instant: datetime) -> str:
    """An instant as the API takes it in a query."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def path_of(request: SourceRequest, temporality: Temporality) -> str:
    """Where it is asked, below the API's version; the same words are in `access` of `/zones`."""
    return f"{SIGNALS[request.signal].asked_as}/{temporality}"


def open_client(settings: IngesterSettings) -> httpx.AsyncClient:
    """The client for the API: explicit timeouts, no redirects (which could carry the token elsewhere)."""
    timeout = httpx.Timeout(settings.read_timeout_seconds, connect=settings.connect_timeout_seconds)
    limits = httpx.Limits(max_connections=settings.concurrency, max_keepalive_connections=settings.concurrency)
    return httpx.AsyncClient(timeout=timeout, limits=limits, headers={"User-Agent": _USER_AGENT})


class Source:
    """The API, as one place to ask. Collaborators are the caller's to close."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        settings: IngesterSettings,
        tokens: Tokens,
        metrics: Metrics,
        stop: StopSignal,
    ) -> None:
        self._client = client
        self._settings = settings
        self._tokens = tokens
        self._metrics = metrics
        self._stop = stop
        self._root = f"{str(settings.api_base_url).rstrip('/')}/{settings.api_version}"
        self._quota = Quota(settings.requests_per_second, settings.retry_wait_max_seconds, metrics)
        self._slots = asyncio.Semaphore(settings.concurrency)

    async def fetch(self, request: SourceRequest, temporality: Temporality, window: Window | None = None) -> Answer:
        """One answer, retried as far as that can help. An answer that is none comes back with its `problem`.

        Raises SourceError, but never UnusableAnswerError.
        """
        settings = self._settings
        tries = stamina.retry_context(
            on=self._wait_before_retry,
            attempts=settings.retry_attempts,
            timeout=settings.retry_total_seconds,
            wait_initial=settings.retry_wait_initial_seconds,
            wait_max=settings.retry_wait_max_seconds,
            wait_jitter=settings.retry_wait_initial_seconds,
        )
        async for attempt in tries:
            with attempt:
                return await self._try(request, temporality, window)
        raise AssertionError("unreachable: the last try raises")

    def _wait_before_retry(self, error: Exception) -> bool | float:
        if not isinstance(error, HostError) or self._stop.is_set():
            return False
        if error.retry_after_seconds is None:
            return True
        return (
            error.retry_after_seconds if error.retry_after_seconds <= self._settings.retry_wait_max_seconds else False
        )

    async def _try(self, request: SourceRequest, temporality: Temporality, window: Window | None) -> Answer:
        holder = self._tokens.holder(request.zone)
        parameters = {
            "zone": request.zone,
            "disableCallerLookup": "true",
            "temporalGranularity": str(request.granularity),
        }
        if (choice := SIGNALS[request.signal].variant_parameter) is not None:
            parameters[choice] = request.variant
        if temporality is Temporality.FORECAST:
            parameters["horizonHours"] = str(self._settings.forecast_horizon_hours)
        if window is not None:
            parameters |= {"start": api_instant(window.start), "end": api_instant(window.end)}
        await self._quota.admit(holder)
        async with self._slots:
            outcome = "unreachable"
            started = time.perf_counter()
            try:
                response = await self._get(path_of(request, temporality), parameters, request.zone)
                self._metrics.request_seconds.labels(request.signal).observe(time.perf_counter() - started)
                self._quota.heed(holder, response.headers)
                error = failure_of(response)
                outcome = "ok" if error is None else error.outcome
            finally:
                self._metrics.requests.labels(request.signal, temporality, outcome).inc()
        if isinstance(error, HostError) and error.retry_after_seconds:
            self._quota.pause(holder, error.retry_after_seconds)
        if error is not None and not isinstance(error, UnusableAnswerError):
            raise error
        return Answer(
            request=request,
            url=str(response.url),
            status=response.status_code,
            content_type=response.headers.get("content-type"),
            body=response.content,
            received_at=date_of(response),
            problem=error,
        )

    async def _get(self, path: str, parameters: Mapping[str, str], zone: str) -> httpx.Response:
        deadline = asyncio.timeout(self._settings.request_deadline_seconds)
        try:
            async with deadline:
                return await self._client.get(
                    f"{self._root}/{path}", params=parameters, headers={"auth-token": self._tokens.token(zone)}
                )
        except httpx.RequestError as error:
            raise HostUnreachableError(f"{type(error).__name__}: {error}") from error
        except TimeoutError:
            raise HostUnreachableError(f"no answer within {self._settings.request_deadline_seconds:.0f} s") from None

    async def access(self, zones: tuple[str, ...]) -> dict[str, frozenset[str]]:
        """What `/zones` says each zone's token may read (`signal/temporality` or `*`), as far as it says so.

        It is known to over-promise, so this is a hint; a zone is absent where nothing is known.
        """
        found: dict[str, frozenset[str]] = {}
        by_holder = {self._tokens.holder(zone): zone for zone in zones}
        for holder, zone in by_holder.items():
            try:
                await self._quota.admit(holder)
                response = await self._get("zones", {}, zone)
                listing: Any = response.json() if failure_of(response) is None else {}
            except (SourceError, ValueError):
                continue
            for key, entry in (cast("dict[str, Any]", listing) if isinstance(listing, dict) else {}).items():
                access = cast("dict[str, Any]", entry).get("access") if isinstance(entry, dict) else None
                if isinstance(access, list) and self._tokens.holder(key) == holder:
                    found[key] = frozenset(map(str, cast("list[Any]", access)))
        return found
