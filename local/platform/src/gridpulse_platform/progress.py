"""What the person at the keyboard sees while something starts or runs, and their wish that it ends."""

import time
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from gridpulse_platform.process import Part

__all__ = ["Progress", "StopAskedError"]

T = TypeVar("T")
_PAUSE_SECONDS: Final = 0.2


class StopAskedError(Exception):
    """The person at the keyboard wants it to end: no failure."""


class Progress:
    """Of one command. `should_stop` tells that a signal asked for the end."""

    def __init__(self, console: Console, should_stop: Callable[[], bool]) -> None:
        self.console: Final = console
        self.status: Final = Status("looking at the machine", console=console)
        self.should_stop: Final = should_stop
        self._began = time.monotonic()

    def restart_clock(self) -> None:
        """Count seconds from now on."""
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """A line that stays, with the seconds so far."""
        self.console.print(f"[dim]{time.monotonic() - self._began:6.1f} s[/dim]  {escape(text)}", highlight=False)

    def raise_if_asked(self) -> None:
        """Raise StopAskedError if a signal asked for the end."""
        if self.should_stop():
            raise StopAskedError

    def wait(
        self, condition: Callable[[], T], deadline_seconds: float | None, what: str, parts: Iterable[Part] = ()
    ) -> T:
        """Until `condition` is truthy. Raises PartFailedError when a part dies, StopAskedError, TimeoutError."""
        self.status.update(what)
        began, watched = time.monotonic(), tuple(parts)
        while True:
            self.raise_if_asked()
            for part in watched:
                part.check()
            if answer := condition():
                return answer
            if deadline_seconds is not None and time.monotonic() - began > deadline_seconds:
                raise TimeoutError(what)
            time.sleep(_PAUSE_SECONDS)

    def wait_until_ready(self, part: Part, parts: Iterable[Part]) -> None:
        """Until `part` is ready, and a line that says so. Raises PartFailedError when one of `parts` dies."""
        try:
            self.wait(part.is_ready, part.ready_deadline_seconds, f"starting {part.name}", parts)
        except TimeoutError:
            raise part.failure(f"was not ready within {part.ready_deadline_seconds:g} s") from None
        self.say(f"{part.name} is ready")

    def finish(self, job: Part, what: str, parts: Iterable[Part] = ()) -> None:
        """Run `job` to its end. Raises PartFailedError when it fails, or when one of `parts` dies meanwhile."""
        try:
            job.spawn()
            self.wait(lambda: not job.is_running, None, what, parts)
        finally:
            job.stop()
        if not job.has_ended_well:
            raise job.failure(f"ended with exit code {job.exit_code}")
        self.say(f"{what}: done; its log is {job.log_path}")
