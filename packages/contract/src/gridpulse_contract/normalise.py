"""From the bytes of an Electricity Maps answer to events, or to typed rejections. Pure and total: never raises.

Shapes read: v3 and v4 `power-breakdown` and `carbon-intensity`, as a bare object or in a `data`, `history` or
`forecast` envelope. A forecast is recognised and rejected as such: it is another number than the observation of the
same hour, and needs its issue time in the key.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from pydantic import ValidationError

from gridpulse_contract._rows import Document, Row, split
from gridpulse_contract.models import (
    CarbonIntensityEvent,
    Event,
    Granularity,
    Kind,
    PowerBreakdownEvent,
    PowerByMode,
    Reason,
    Signal,
)
from gridpulse_contract.modes import SOURCE_NAME_BY_MODE

__all__ = ["NORMALISATION_VERSION", "Normalised", "Rejection", "SourceRequest", "normalise"]

NORMALISATION_VERSION: Final = 1
"""Of what `normalise`, the quality flags and the write timestamp make of given bytes.

One keyspace holds the output of one version: another version would write other values with the same write timestamps,
and the cells would mix. So a new version goes into a new keyspace, rebuilt from the lake.
"""

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MAX_CLOCK_LEAD: Final = timedelta(days=1)
_SANDBOX_METHOD: Final = "SANDBOX_MODE_DATA"
_SANDBOX_DISCLAIMER: Final = "SANDBOX MODE"
_ESTIMATED_PREFIX: Final = "ESTIMATED_"
_MEASURED_METHOD: Final = "MEASURED"

_COMMON_FIELDS: Final = frozenset(
    {"zone", "datetime", "updatedAt", "createdAt", "isEstimated", "estimationMethod", "temporalGranularity"}
)
_ENVELOPE_FIELDS: Final = frozenset({"zone", "temporalGranularity", "updatedAt", "unit", "_disclaimer"})


@dataclass(frozen=True)
class SourceRequest:
    """What was asked of the API: an answer is only read as an answer to it."""

    signal: Signal
    zone: str
    granularity: Granularity = Granularity.HOURLY
    variant: str = ""  # "lifecycle" or "direct" for carbon intensity


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


class _RejectedError(Exception):
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def normalise(
    body: bytes, request: SourceRequest, *, received_at: datetime, accept_sandbox: bool = False
) -> Normalised:
    """Read an answer's body as the answer to `request`, received at `received_at` (the response's Date)."""
    try:
        document = _open(body, request, accept_sandbox=accept_sandbox)
    except _RejectedError as error:
        return Normalised(rejections=(Rejection(error.reason, str(error), body),))

    events: list[Event] = []
    rejections: list[Rejection] = []
    known_fields = _COMMON_FIELDS | _KNOWN_FIELDS[request.signal]
    unrecognised: set[str] = set()
    if document.envelope is not None:
        unrecognised.update(document.fields.keys() - _ENVELOPE_FIELDS)
    for row in document.rows:
        try:
            reader = _RowReader(row, document, request, received_at)
            events.append(_READERS[request.signal](reader, accept_sandbox))
        except _RejectedError as error:
            rejections.append(Rejection(error.reason, str(error), row.text.encode(), document.empty_envelope()))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            detail = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            rejections.append(Rejection(Reason.BAD_VALUE, detail, row.text.encode(), document.empty_envelope()))
        else:
            unrecognised.update(reader.fields.keys() - known_fields - _ENVELOPE_FIELDS)
            unrecognised.update(reader.unrecognised)
    return Normalised(tuple(events), tuple(rejections), frozenset(unrecognised))


def _open(body: bytes, request: SourceRequest, *, accept_sandbox: bool) -> Document:
    """The body as a document that answers `request`."""
    try:
        document = split(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _RejectedError(Reason.NOT_JSON, str(error)) from None
    if document is None:
        raise _RejectedError(Reason.UNEXPECTED_SHAPE, "neither an object nor an envelope with a list of rows")
    zone = document.fields.get("zone")
    if zone is not None and zone != request.zone:
        raise _RejectedError(Reason.WRONG_ZONE, f"asked for {request.zone}, the answer is for {zone!r}")
    if document.envelope is None and "datetime" not in document.fields:
        raise _RejectedError(Reason.UNEXPECTED_SHAPE, f"an object without rows: members {sorted(document.fields)[:8]}")
    disclaimer = document.fields.get("_disclaimer")
    if not accept_sandbox and isinstance(disclaimer, str) and _SANDBOX_DISCLAIMER in disclaimer:
        raise _RejectedError(Reason.SANDBOX, "the key is in sandbox mode: these numbers are not real")
    return document


class _RowReader:
    """Typed access to one row; what the row does not say is looked up in its envelope, then in the request."""

    def __init__(self, row: Row, document: Document, request: SourceRequest, received_at: datetime) -> None:
        if not isinstance(row.value, dict):
            raise _RejectedError(Reason.UNEXPECTED_SHAPE, f"a row is an object, not {type(row.value).__name__}")
        if document.envelope == "forecast":
            raise _RejectedError(Reason.FORECAST, "a forecast is not an observation, and has no topic yet")
        self.fields = cast("dict[str, Any]", row.value)
        self.request = request
        self.unrecognised: set[str] = set()
        self._row = row
        self._envelope = document.fields
        self._received_at = received_at

    def common(self, *, accept_sandbox: bool) -> dict[str, Any]:
        """The fields that every event has."""
        updated_at = self._instant("updatedAt")
        if updated_at > self._received_at + _MAX_CLOCK_LEAD:
            raise _RejectedError(
                Reason.UPDATED_IN_FUTURE,
                f"updatedAt {updated_at} is over a day after the answer: it would freeze the row",
            )
        kind, method = self._kind()
        if method == _SANDBOX_METHOD and not accept_sandbox:
            raise _RejectedError(Reason.SANDBOX, "the key is in sandbox mode: these numbers are not real")
        return {
            "zone": self._zone(),
            "granularity": self._granularity(),
            "at": self._instant("datetime"),
            "updated_at": updated_at,
            "kind": kind,
            "estimation_method": method,
            "raw": self._row.text,
        }

    def require(self, *names: str) -> None:
        """Reject the row where it has none of these members: it is a row of something else."""
        if not any(name in self.fields for name in names):
            raise _RejectedError(Reason.MISSING_FIELD, f"no {' or '.join(names)}")

    def number(self, name: str) -> float | None:
        """A finite number or null; absent is null."""
        return _number(name, self.fields.get(name))

    def numbers(self, name: str) -> dict[str, float | None]:
        """An object of finite numbers or nulls; null or absent is empty."""
        value = self.fields.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise _RejectedError(Reason.BAD_VALUE, f"{name} is not an object")
        members = cast("dict[str, Any]", value)
        return {key: _number(f"{name}.{key}", member) for key, member in members.items()}

    def power_by_mode(self, name: str) -> PowerByMode:
        """Power by mode under this platform's names."""
        numbers = self.numbers(name)
        self.unrecognised.update(f"{name}.{key}" for key in numbers.keys() - set(SOURCE_NAME_BY_MODE.values()))
        return PowerByMode(**{mode: numbers.get(source) for mode, source in SOURCE_NAME_BY_MODE.items()})

    def _said(self, name: str) -> Any:
        value = self.fields.get(name)
        return self._envelope.get(name) if value is None else value

    def _zone(self) -> str:
        zone = self._said("zone")
        if zone is None:
            raise _RejectedError(Reason.MISSING_FIELD, "no zone in the row nor in its envelope")
        if zone != self.request.zone:
            raise _RejectedError(Reason.WRONG_ZONE, f"asked for {self.request.zone}, the row is for {zone!r}")
        return self.request.zone

    def _granularity(self) -> Granularity:
        said = self._said("temporalGranularity")
        try:
            return self.request.granularity if said is None else Granularity(said)
        except ValueError:
            detail = f"temporalGranularity {said!r}: coarser rows are energy, not power"
            raise _RejectedError(Reason.UNSUPPORTED_GRANULARITY, detail) from None

    def _instant(self, name: str) -> datetime:
        said = self._said(name)
        if said is None:
            raise _RejectedError(Reason.MISSING_FIELD, f"no {name}")
        if not isinstance(said, str):
            raise _RejectedError(Reason.BAD_TIME, f"{name} is not text")
        try:
            instant = datetime.fromisoformat(said)
            if instant.tzinfo is None:
                raise _RejectedError(Reason.BAD_TIME, f"{name} {said!r} has no offset from UTC")
            instant = instant.astimezone(UTC)
        except (ValueError, OverflowError):
            raise _RejectedError(Reason.BAD_TIME, f"{name} {said!r} is not an ISO 8601 instant") from None
        if instant < _EARLIEST:
            raise _RejectedError(Reason.BAD_TIME, f"{name} {said!r} is before 2000")
        return instant

    def _kind(self) -> tuple[Kind, str]:
        is_estimated, said = self.fields.get("isEstimated"), self.fields.get("estimationMethod")
        if not isinstance(is_estimated, bool | None):
            raise _RejectedError(Reason.BAD_VALUE, "isEstimated is neither true, false nor null")
        if not isinstance(said, str | None):
            raise _RejectedError(Reason.BAD_VALUE, "estimationMethod is neither text nor null")
        method = (said or "").removeprefix(_ESTIMATED_PREFIX)
        if is_estimated is None and not method:
            return Kind.UNKNOWN, method
        estimated = method != _MEASURED_METHOD if is_estimated is None else is_estimated
        return (Kind.ESTIMATED if estimated else Kind.MEASURED), method


def _number(name: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _RejectedError(Reason.BAD_VALUE, f"{name} is neither a number nor null")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _RejectedError(Reason.BAD_VALUE, f"{name} is too large")
    return number


def _read_power_breakdown(reader: _RowReader, accept_sandbox: bool) -> PowerBreakdownEvent:
    reader.require("powerProductionBreakdown", "powerConsumptionBreakdown")
    return PowerBreakdownEvent(
        **reader.common(accept_sandbox=accept_sandbox),
        production_mw=reader.power_by_mode("powerProductionBreakdown"),
        consumption_mw=reader.power_by_mode("powerConsumptionBreakdown"),
        import_mw=reader.numbers("powerImportBreakdown"),
        export_mw=reader.numbers("powerExportBreakdown"),
        production_total_mw=reader.number("powerProductionTotal"),
        consumption_total_mw=reader.number("powerConsumptionTotal"),
        import_total_mw=reader.number("powerImportTotal"),
        export_total_mw=reader.number("powerExportTotal"),
        renewable_percent=reader.number("renewablePercentage"),
        fossil_free_percent=reader.number("fossilFreePercentage"),
    )


def _read_carbon_intensity(reader: _RowReader, accept_sandbox: bool) -> CarbonIntensityEvent:
    reader.require("carbonIntensity")
    variant = reader.fields.get("emissionFactorType") or reader.request.variant
    if variant != reader.request.variant:
        detail = f"asked for {reader.request.variant!r} emission factors, the row has {variant!r}"
        raise _RejectedError(Reason.WRONG_VARIANT, detail)
    if reader.fields.get("flowTraced") is False:
        raise _RejectedError(Reason.WRONG_VARIANT, "the row is not flow-traced: another number than the one asked for")
    return CarbonIntensityEvent(
        **reader.common(accept_sandbox=accept_sandbox),
        variant=cast("Any", variant),  # the model refuses anything but lifecycle and direct
        carbon_intensity_gco2eq_per_kwh=reader.number("carbonIntensity"),
    )


_READERS: Final[Mapping[Signal, Callable[[_RowReader, bool], Event]]] = {
    Signal.POWER_BREAKDOWN: _read_power_breakdown,
    Signal.CARBON_INTENSITY: _read_carbon_intensity,
}
_KNOWN_FIELDS: Final[Mapping[Signal, frozenset[str]]] = {
    Signal.POWER_BREAKDOWN: frozenset(
        {
            "powerProductionBreakdown",
            "powerConsumptionBreakdown",
            "powerImportBreakdown",
            "powerExportBreakdown",
            "powerProductionTotal",
            "powerConsumptionTotal",
            "powerImportTotal",
            "powerExportTotal",
            "renewablePercentage",
            "fossilFreePercentage",
            "breakdownType",
        }
    ),
    Signal.CARBON_INTENSITY: frozenset({"carbonIntensity", "emissionFactorType", "flowTraced"}),
}
