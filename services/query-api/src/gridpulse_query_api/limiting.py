"""Rate limits: a bucket of tokens for each key, in this process."""

from collections.abc import Callable
from typing import Final

__all__ = ["RateLimits", "TokenBucket"]

_MINUTE_SECONDS: Final = 60.0


class TokenBucket:
    """Holds a minute's worth of tokens at most, and gains them evenly; it starts full."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never go back."""
        self.per_minute: Final = per_minute
        self._per_second = per_minute / _MINUTE_SECONDS
        self._clock = clock
        self._tokens = float(per_minute)
        self._at = clock()

    def take(self) -> float:
        """Take a token: 0.0; where there is none, the seconds until there will be one."""
        now = self._clock()
        self._tokens = min(self.per_minute, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0.0
        return (1.0 - self._tokens) / self._per_second


class RateLimits:
    """The bucket of each key, by name: a key that is exchanged for another of the same name keeps its bucket."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, name: str, per_minute: int) -> float:
        """See `TokenBucket.take`. A key whose limit has changed starts with a full bucket."""
        bucket = self._buckets.get(name)
        if bucket is None or bucket.per_minute != per_minute:
            bucket = self._buckets[name] = TokenBucket(per_minute, self._clock)
        return bucket.take()
