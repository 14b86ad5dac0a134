"""Waiting for a condition with a deadline: the only way anything here waits."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

__all__ = ["wait_until", "wait_until_async"]

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T], deadline_seconds: float, what: str = "the condition", pause_seconds: float = 0.1
) -> T:
    """Ask `condition` until it returns something truthy, and return that.

    Raises TimeoutError naming `what` and the last answer; what `condition` raises ends the wait.
    """
    deadline = time.monotonic() + deadline_seconds
    while not (answer := condition()):
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{what} did not come true within {deadline_seconds:g} s; last answer: {answer!r}")
        time.sleep(pause_seconds)
    return answer


async def wait_until_async(
    condition: Callable[[], T | Awaitable[T]],
    deadline_seconds: float,
    what: str = "the condition",
    pause_seconds: float = 0.1,
) -> T:
    """Like `wait_until`, without blocking the loop; `condition` may be a coroutine function."""
    deadline = time.monotonic() + deadline_seconds
    while True:
        asked = condition()
        answer: T = await cast("Awaitable[T]", asked) if inspect.isawaitable(asked) else cast("T", asked)
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{what} did not come true within {deadline_seconds:g} s; last answer: {answer!r}")
        await asyncio.sleep(pause_seconds)
