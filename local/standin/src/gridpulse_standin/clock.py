"""The stand-in's clock: it starts in the past, may run fast, may be pinned, and never passes the real time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["ClockError", "VirtualClock", "real_now"]


class ClockError(ValueError):
    """The clock was told to pass the real time; no retry can help."""


def real_now() -> datetime:
    """The real time, aware, in UTC."""
    return datetime.now(UTC)


class VirtualClock:
    """Virtual time as a function of real time: `speed` seconds of it pass in a second, none while pinned."""

    def __init__(self, *, behind: timedelta, speed: float, real: Callable[[], datetime] = real_now) -> None:
        self._real = real
        self._started_at = real()
        self._origin = self._started_at - behind
        self._speed = speed

    @property
    def speed(self) -> float:
        """Virtual seconds per real second; 0 while pinned."""
        return self._speed

    def now(self) -> datetime:
        """The virtual time, aware, in UTC; at most the real time."""
        real = self._real()
        passed_s = (real - self._started_at).total_seconds() * self._speed
        if passed_s >= (real - self._origin).total_seconds():
            return real
        return self._origin + timedelta(seconds=passed_s)

    def set(self, *, now: datetime | None = None, speed: float) -> None:
        """Go on from `now` (from the present virtual time where None) at `speed`; 0 pins. Raises ClockError."""
        real = self._real()
        if now is not None and now > real:
            raise ClockError(f"{now.isoformat()} is in the future: it is {real.isoformat()}")
        self._origin = self.now() if now is None else now.astimezone(UTC)
        self._started_at = real
        self._speed = speed
