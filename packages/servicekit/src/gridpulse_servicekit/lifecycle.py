"""The stop signal, the heartbeat of a program's loops, and the drain at its end."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable
from typing import Final, TypeVar

__all__ = ["Heartbeat", "StopSignal", "drain"]

T = TypeVar("T")
_BEAT_SECONDS: Final = 1.0


class StopSignal:
    """Set by SIGTERM or SIGINT, or by the program itself; a handler does nothing else than setting it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def install(self) -> None:
        """Handle SIGTERM and SIGINT in the running loop (of the main thread)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.set)

    def set(self) -> None:
        """Ask the program to stop."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether the program has been asked to stop."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Return once the program is asked to stop."""
        await self._event.wait()

    async def sleep(self, seconds: float) -> bool:
        """Wait for that long at most; true, at once, when the program is asked to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), max(0.0, seconds))
        return self.is_set()

    async def unless_set(self, work: Awaitable[T]) -> T | None:
        """The work's result; None, and the work cancelled, when the program is asked to stop before it is done."""
        task = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            stopping.cancel()
            await asyncio.wait({task, stopping})


class Heartbeat:
    """When each loop last proved that it moves; a loop silent for more than `max_age_seconds` counts as stuck."""

    def __init__(self, max_age_seconds: float) -> None:
        self.max_age_seconds = max_age_seconds
        self._last_beat: dict[str, float] = {}

    def beat(self, loop: str) -> None:
        """The loop has just come round."""
        self._last_beat[loop] = time.monotonic()

    def end(self, loop: str) -> None:
        """The loop has ended on purpose, and is watched no more."""
        self._last_beat.pop(loop, None)

    def ages_seconds(self) -> dict[str, float]:
        """Seconds since each loop's last beat."""
        now = time.monotonic()
        return {loop: now - beat for loop, beat in self._last_beat.items()}

    def stuck(self) -> dict[str, float]:
        """Loops that have been silent for too long, with the seconds."""
        return {loop: age for loop, age in self.ages_seconds().items() if age > self.max_age_seconds}

    async def during(self, loop: str, waiting: Awaitable[T]) -> T:
        """Await something that may rightly take long (an empty or a full queue), beating meanwhile."""
        task = asyncio.ensure_future(waiting)
        try:
            while True:
                self.beat(loop)
                done, _ = await asyncio.wait({task}, timeout=_BEAT_SECONDS)
                if done:
                    return task.result()
        finally:
            task.cancel()


async def drain(work: Awaitable[object], deadline_seconds: float) -> bool:
    """Let `work` finish within the deadline, else cancel it. Returns whether it finished; its errors are raised."""
    limit = asyncio.timeout(max(0.0, deadline_seconds))
    try:
        async with limit:
            await work
    except TimeoutError:
        if not limit.expired():
            raise
        return False
    return True
