"""From the bytes of an Electricity Maps answer to events, or to typed rejections. Pure and total: never raises."""

from dataclasses import dataclass
from datetime import datetime

from gridpulse_contract.models import Event, Granularity, Reason, Signal

__all__ = ["Normalised", "Rejection", "SourceRequest", "normalise"]


@dataclass(frozen=True)
class SourceRequest:
    """What was asked of the API: an answer is only read as an answer to it."""

    signal: Signal
    zone: str
    granularity: Granularity = Granularity.HOURLY
    variant: str = ""  # "lifecycle" or "direct" for carbon intensity


@dataclass(frozen=True)
class Rejection:
    """Bytes (a whole body, or one row of it) that did not become an event, and why."""

    reason: Reason
    detail: str
    body: bytes


@dataclass(frozen=True)
class Normalised:
    """Events and rejections of one answer; every row of the answer is in exactly one of the two.

    `unrecognised` names fields that the parser does not know (their values stay in each event's `raw`).
    """

    events: tuple[Event, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    unrecognised: frozenset[str] = frozenset()


def normalise(
    body: bytes, request: SourceRequest, *, received_at: datetime, accept_sandbox: bool = False
) -> Normalised:
    """Read an answer's body as the answer to `request`, received at `received_at` (the response's Date)."""
    raise NotImplementedError
