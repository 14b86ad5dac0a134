"""Errors of the client; the text of each is a sentence for whoever asked.

GridPulseError
├── UnreachableError    there was no answer; the same request can succeed later
├── ProblemError        the answer is a problem (RFC 9457)
│   ├── RefusedError        a zone, a parameter or the API key is wrong; change it
│   ├── BusyError           too many requests, or the store does not answer; the same request can succeed later
│   └── FaultError          a fault of the server; only its operator can help
├── AnswerError         what answers is not a query API that we know; look at the address
└── MissingExtraError   the format needs a library that is not installed

What can succeed later has been tried again a few times before the error is raised.
"""

from collections.abc import Sequence
from typing import Final

__all__ = [
    "AnswerError",
    "BusyError",
    "FaultError",
    "GridPulseError",
    "MissingExtraError",
    "ProblemError",
    "RefusedError",
    "UnreachableError",
]


class GridPulseError(Exception):
    """Base of all."""


class UnreachableError(GridPulseError):
    """No connection, or an answer that did not come, or not whole."""


class AnswerError(GridPulseError):
    """An answer that can't be read."""


class MissingExtraError(GridPulseError):
    """A library that only some formats need is missing; says what to install."""


class ProblemError(GridPulseError):
    """What the API says is wrong. `near_matches` are zones that may be meant."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        kind: str = "",
        parameter: str | None = None,
        near_matches: Sequence[str] = (),
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.status: Final = status
        self.title: Final = title
        self.detail: Final = detail
        self.kind: Final = kind
        """The problem's `type`, as urn:gridpulse:problem:unknown-zone."""
        self.parameter: Final = parameter
        self.near_matches: Final = tuple(near_matches)
        self.retry_after_seconds: Final = retry_after_seconds


class RefusedError(ProblemError):
    """The request can't be answered as it is (400, 401, 404, 422)."""


class BusyError(ProblemError):
    """It can't be answered now (429, 503, and what proxies say when nobody answers them)."""


class FaultError(ProblemError):
    """The server failed (500)."""
