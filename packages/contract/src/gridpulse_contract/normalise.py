"""From the bytes of an Electricity Maps answer to events, or to typed rejections. Pure and total: never raises.

Shapes read: a row of each signal (`signals`), as a bare object or in a `data`, `history` or `forecast` envelope. A
forecast is none of what it forecasts, but a signal of its own: where observations were asked for, it is rejected.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from gridpulse_contract._rows import Document, put_back, split
from gridpulse_contract.events import Event
from gridpulse_contract.reading import RejectedError, RowReader, SourceRequest
from gridpulse_contract.signals import SIGNALS
from gridpulse_contract.vocabulary import Reason

__all__ = ["NORMALISATION_VERSION", "Normalised", "Rejection", "SourceRequest", "answer_of_row", "normalise"]

NORMALISATION_VERSION: Final = 1
"""Of what `normalise`, the quality flags and the write timestamp make of given bytes.

One keyspace holds the output of one version: another version would write other values with the same write timestamps,
and the cells would mix. So a new version goes into a new keyspace, rebuilt from the lake.
"""

_SANDBOX_DISCLAIMER: Final = "SANDBOX MODE"
_COMMON_FIELDS: Final = frozenset(
    {"zone", "datetime", "updatedAt", "createdAt", "isEstimated", "estimationMethod", "temporalGranularity"}
)
_ENVELOPE_FIELDS: Final = frozenset({"zone", "temporalGranularity", "updatedAt", "unit", "_disclaimer"})


@dataclass(frozen=True)
class Rejection:
    """Bytes (a whole body, or one row of it) that did not become an event, and why.

    `envelope` is what a row came in, see `DeadLetter`; None where `body` is whole.
    """

    reason: Reason
    detail: str
    body: bytes
    envelope: str | None = None


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
    try:
        document = _open(body, request, accept_sandbox=accept_sandbox)
    except RejectedError as error:
        return Normalised(rejections=(Rejection(error.reason, str(error), body),))

    events: list[Event] = []
    rejections: list[Rejection] = []
    signal = SIGNALS[request.signal]
    known_fields = _COMMON_FIELDS | signal.known_fields
    unrecognised: set[str] = set()
    if document.envelope is not None:
        unrecognised.update(document.fields.keys() - _ENVELOPE_FIELDS)
    for row in document.rows:
        try:
            reader = RowReader(row, document, request, received_at)
            reader.check_temporality(is_forecast=signal.is_forecast)
            events.append(signal.read(reader, accept_sandbox=accept_sandbox))
        except RejectedError as error:
            rejections.append(Rejection(error.reason, str(error), row.text.encode(), document.empty_envelope()))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            detail = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            rejections.append(Rejection(Reason.BAD_VALUE, detail, row.text.encode(), document.empty_envelope()))
        else:
            unrecognised.update(reader.fields.keys() - known_fields - _ENVELOPE_FIELDS)
            unrecognised.update(reader.unrecognised)
    return Normalised(tuple(events), tuple(rejections), frozenset(unrecognised))


def answer_of_row(raw: str, request: SourceRequest, updated_at: str) -> bytes:
    """An event's row (`raw`) as an answer to `request`, to be read again: what the row may have left to its envelope,
    the event's own fields say.
    """
    said = {"zone": request.zone, "temporalGranularity": request.granularity, "updatedAt": updated_at}
    rows = "forecast" if SIGNALS[request.signal].is_forecast else "history"
    return put_back(raw.encode(), json.dumps({**said, rows: []}))


def _open(body: bytes, request: SourceRequest, *, accept_sandbox: bool) -> Document:
    """The body as a document that answers `request`."""
    try:
        document = split(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise RejectedError(Reason.NOT_JSON, str(error)) from None
    if document is None:
        raise RejectedError(Reason.UNEXPECTED_SHAPE, "neither an object nor an envelope with a list of rows")
    zone = document.fields.get("zone")
    if zone is not None and zone != request.zone:
        raise RejectedError(Reason.WRONG_ZONE, f"asked for {request.zone}, the answer is for {zone!r}")
    if document.envelope is None and "datetime" not in document.fields:
        raise RejectedError(Reason.UNEXPECTED_SHAPE, f"an object without rows: members {sorted(document.fields)[:8]}")
    disclaimer = document.fields.get("_disclaimer")
    if not accept_sandbox and isinstance(disclaimer, str) and _SANDBOX_DISCLAIMER in disclaimer:
        raise RejectedError(Reason.SANDBOX, "the key is in sandbox mode: these numbers are not real")
    return document
