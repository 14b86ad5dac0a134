"""Splits a span of time into windows that the API answers, and remembers the ones that are done."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from gridpulse_contract.models import Granularity
from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.errors import ConfigurationError
from gridpulse_ingester.source import Window

__all__ = ["LONGEST_WINDOW", "Progress", "split"]

LONGEST_WINDOW: Final[Mapping[Granularity, timedelta]] = {
    Granularity.HOURLY: timedelta(days=10),  # the API's documented limit
    Granularity.MINUTES_15: timedelta(days=1),  # not documented: short enough to be safe
    Granularity.MINUTES_5: timedelta(days=1),
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION: Final = 1


def split(start: datetime, end: datetime, longest: timedelta) -> Iterator[Window]:
    """Windows that tile [start, end) exactly, none longer than `longest`, in order.

    They are cut on a grid that is fixed in UTC, so that another span later finds the windows already done.
    """
    at = start.astimezone(UTC)
    end = end.astimezone(UTC)
    while at < end:
        cut = _EPOCH + ((at - _EPOCH) // longest + 1) * longest
        yield Window(at, min(cut, end))
        at = min(cut, end)


class Progress:
    """Windows whose events Kafka has acknowledged, kept in a small JSON file (or, without one, not kept)."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._done: dict[str, set[str]] = _read(path) if path is not None and path.exists() else {}

    def is_done(self, request: SourceRequest, window: Window) -> bool:
        """Whether exactly this window is done."""
        return str(window) in self._done.get(_key(request), ())

    def done(self, request: SourceRequest, window: Window) -> None:
        """Remember it, on disk before this returns. The file is written aside and renamed, so it is never half."""
        self._done.setdefault(_key(request), set()).add(str(window))
        if self._path is None:
            return
        document = {"version": _VERSION, "done": {key: sorted(windows) for key, windows in sorted(self._done.items())}}
        aside = self._path.with_name(f"{self._path.name}.new")
        try:
            aside.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
            aside.replace(self._path)
        except OSError as error:
            raise ConfigurationError(f"The state file {self._path} can not be written: {error}") from None


def _key(request: SourceRequest) -> str:
    return "/".join((request.signal, request.variant or "-", request.zone, request.granularity))


def _read(path: Path) -> dict[str, set[str]]:
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] != _VERSION:
            raise ConfigurationError(f"The state file {path} is of version {document['version']!r}, not {_VERSION}.")
        done = cast("dict[str, list[str]]", document["done"])
        return {key: set(windows) for key, windows in done.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"The state file {path} can not be read; move it away to start over: {error!r}"
        ) from None
