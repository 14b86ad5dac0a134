"""Who may ask what, and how often."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gridpulse_standin.errors import not_entitled, not_in_trial, rate_limited, unauthorized
from gridpulse_standin.settings import Plan

__all__ = ["Access", "Quota"]


@dataclass(frozen=True)
class Quota:
    """A token's standing in the present window."""

    limit: int
    used: int
    window_seconds: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """The headers that the source sends with every counted answer."""
        remaining = str(max(self.limit - self.used, 0))
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": remaining,
            "ratelimit-policy": f"{self.limit};w={self.window_seconds}",
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": remaining,
            "ratelimit-reset": str(self.reset_seconds),
        }


class Access:
    """Tokens, their plans and their quotas, counted in windows of real time from a token's first request."""

    def __init__(
        self, tokens: Mapping[str, Plan], window_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._tokens = tokens
        self._window_seconds = window_seconds
        self._monotonic = monotonic
        self._windows: dict[str, tuple[float, int]] = {}

    def plan(self, token: str | None) -> Plan:
        """The token's plan. Raises ApiError (401)."""
        plan = None if token is None else self._tokens.get(token)
        if plan is None:
            raise unauthorized()
        return plan

    def count(self, token: str) -> Quota:
        """Count one request of a known token."""
        now = self._monotonic()
        started, used = self._windows.get(token, (now, 0))
        if now - started >= self._window_seconds:
            started, used = now, 0
        self._windows[token] = (started, used + 1)
        return Quota(
            limit=self._tokens[token].requests_per_window,
            used=used + 1,
            window_seconds=math.ceil(self._window_seconds),
            reset_seconds=max(math.ceil(started + self._window_seconds - now), 1),
        )

    @staticmethod
    def check_quota(quota: Quota) -> None:
        """Raises ApiError (429) where the quota is used up."""
        if quota.used > quota.limit:
            raise rate_limited(quota.reset_seconds)

    @staticmethod
    def check(plan: Plan, zone: str, signal: str, temporality: str) -> None:
        """Raises ApiError (401) where the plan does not hold this endpoint of this zone."""
        zone_allowed = "*" in plan.zones or zone in plan.zones
        if zone_allowed and ("*" in plan.access or f"{signal}/{temporality}" in plan.access):
            return
        if plan.is_trial and temporality in ("past", "past-range"):
            raise not_in_trial()
        raise not_entitled(zone, temporality, signal)
