"""Holds requests back: an even rate for the host, and a pause for a token whose quota is used up."""

import asyncio
import re
import time
from typing import Final

import httpx
from aiolimiter import AsyncLimiter

from gridpulse_ingester.answers import first_integer
from gridpulse_ingester.errors import OverQuotaError
from gridpulse_ingester.metrics import Metrics

__all__ = ["Quota"]

_DEFAULT_WINDOW_SECONDS: Final = 60.0
_MAX_WINDOW_SECONDS: Final = 3600.0


class Quota:
    """One limiter for the host; pauses by token, since the API counts by token."""

    def __init__(self, requests_per_second: float, longest_wait_seconds: float, metrics: Metrics) -> None:
        self._limiter = AsyncLimiter(1, 1 / requests_per_second)
        self._longest_wait_seconds = longest_wait_seconds
        self._metrics = metrics
        self._paused_until: dict[str, float] = {}

    async def admit(self, holder: str) -> None:
        """Return when a request may go out. Raises OverQuotaError instead of waiting long for a used-up quota."""
        while (pause := self._paused_until.get(holder, 0.0) - time.monotonic()) > 0:
            if pause > self._longest_wait_seconds:
                raise OverQuotaError(f"the quota of token {holder} is used up for {pause:.0f} s", pause)
            await asyncio.sleep(pause)
        await self._limiter.acquire()

    def pause(self, holder: str, seconds: float) -> None:
        """No request with this token for so long."""
        until = time.monotonic() + seconds
        self._paused_until[holder] = max(until, self._paused_until.get(holder, 0.0))

    def heed(self, holder: str, headers: httpx.Headers) -> None:
        """Note what an answer says is left, and pause where that is nothing."""
        remaining = first_integer(headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", "")))
        if remaining is None:
            return
        self._metrics.quota_remaining.labels(holder).set(remaining)
        if remaining == 0:
            self.pause(holder, _seconds_to_reset(headers))


def _seconds_to_reset(headers: httpx.Headers) -> float:
    reset = first_integer(headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", "")))
    if reset is not None and reset <= _MAX_WINDOW_SECONDS:  # some hosts send an instant here: then use the window
        return float(reset)
    window = re.search(r"w=(\d{1,6})", headers.get("ratelimit-policy", ""))
    return min(float(window.group(1)), _MAX_WINDOW_SECONDS) if window else _DEFAULT_WINDOW_SECONDS
