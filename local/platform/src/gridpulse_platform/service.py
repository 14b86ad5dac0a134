"""Our own programs as parts of the platform."""

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import httpx

from gridpulse_platform import loopback
from gridpulse_platform.process import Part

__all__ = ["Service"]


class Service(Part):
    """A Python program: `arguments` follow the interpreter, as in `["-m", "gridpulse_query_api"]` or `["job.py"]`.

    The interpreter is ours unless `python` says another; `environment` is added to ours. Ready when `health_url`
    answers 200; without one, as soon as it runs.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        log_path: Path,
        *,
        python: Path | None = None,
        environment: Mapping[str, str] | None = None,
        health_url: str | None = None,
        ready_deadline_seconds: float = 60.0,
        stop_deadline_seconds: float = 20.0,
        clean_exit_codes: Collection[int] = (0,),
    ) -> None:
        super().__init__(
            name,
            log_path,
            ready_deadline_seconds=ready_deadline_seconds,
            stop_deadline_seconds=stop_deadline_seconds,
            clean_exit_codes=clean_exit_codes,
        )
        self.health_url = health_url
        self._arguments = tuple(arguments)
        self._python = str(python or sys.executable)
        self._variables = dict(environment or {})

    def _ports(self) -> Sequence[int]:
        port = httpx.URL(self.health_url).port if self.health_url else None
        return (port,) if port else ()

    def _command(self) -> Sequence[str]:
        return [self._python, *self._arguments]

    def _environment(self) -> Mapping[str, str]:
        return {"PYTHONUNBUFFERED": "1", **self._variables}

    def is_ready(self) -> bool:
        """Whether it answers."""
        return self.health_url is None or loopback.answers(self.health_url)
