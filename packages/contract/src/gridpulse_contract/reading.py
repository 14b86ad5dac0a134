"""Typed access to one row of an answer, for the signals to read."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from gridpulse_contract._rows import Document, Row
from gridpulse_contract.fields import PowerByMode
from gridpulse_contract.modes import SOURCE_NAME_BY_MODE
from gridpulse_contract.vocabulary import Granularity, Kind, Reason, Signal

__all__ = ["RejectedError", "RowReader", "SourceRequest"]

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MAX_CLOCK_LEAD: Final = timedelta(days=1)
_SANDBOX_METHOD: Final = "SANDBOX_MODE_DATA"
_ESTIMATED_PREFIX: Final = "ESTIMATED_"
_MEASURED_METHOD: Final = "MEASURED"


@dataclass(frozen=True)
class SourceRequest:
    """What was asked of the API: an answer is only read as an answer to it."""

    signal: Signal
    zone: str
    granularity: Granularity = Granularity.HOURLY
    variant: str = ""  # one of the signal's


class RejectedError(Exception):
    """A row, or a whole answer, that can't become events."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class RowReader:
    """Typed access to one row; what the row does not say is looked up in its envelope, then in the request."""

    def __init__(self, row: Row, document: Document, request: SourceRequest, received_at: datetime) -> None:
        if not isinstance(row.value, dict):
            raise RejectedError(Reason.UNEXPECTED_SHAPE, f"a row is an object, not {type(row.value).__name__}")
        self.fields = cast("dict[str, Any]", row.value)
        self.request = request
        self.unrecognised: set[str] = set()
        self._row = row
        self._envelope = document.fields
        self._envelope_name = document.envelope
        self._received_at = received_at

    def common(self, *, accept_sandbox: bool) -> dict[str, Any]:
        """The fields that every event has."""
        updated_at = self.instant("updatedAt")
        if updated_at > self._received_at + _MAX_CLOCK_LEAD:
            raise RejectedError(
                Reason.UPDATED_IN_FUTURE,
                f"updatedAt {updated_at} is over a day after the answer: it would freeze the row",
            )
        kind, method = self._kind()
        if method == _SANDBOX_METHOD and not accept_sandbox:
            raise RejectedError(Reason.SANDBOX, "the key is in sandbox mode: these numbers are not real")
        return {
            "zone": self._zone(),
            "granularity": self._granularity(),
            "at": self.instant("datetime"),
            "updated_at": updated_at,
            "kind": kind,
            "estimation_method": method,
            "raw": self._row.text,
        }

    def check_temporality(self, *, is_forecast: bool) -> None:
        """Reject a forecast where observations were asked for, and what is none where forecasts were."""
        if (self._envelope_name == "forecast") != is_forecast:
            asked = "forecasts" if is_forecast else "observations"
            raise RejectedError(Reason.FORECAST, f"{asked} were asked for, the answer has the others")

    def require(self, *names: str) -> None:
        """Reject the row where it has none of these members: it is a row of something else."""
        if not any(name in self.fields for name in names):
            raise RejectedError(Reason.MISSING_FIELD, f"no {' or '.join(names)}")

    def number(self, name: str) -> float | None:
        """A finite number or null; absent is null."""
        return _number(name, self.fields.get(name))

    def inner(self, name: str) -> "Members":
        """A member that is an object; null or absent is empty."""
        return Members(name, self.fields.get(name), self.unrecognised)

    def numbers(self, name: str) -> dict[str, float | None]:
        """An object of finite numbers or nulls; null or absent is empty."""
        members = self.inner(name)
        return {key: members.number(key) for key in members.fields}

    def power_by_mode(self, name: str) -> PowerByMode:
        """Power by mode under this platform's names."""
        members = self.inner(name)
        members.note_unrecognised(SOURCE_NAME_BY_MODE.values())
        return PowerByMode(**{mode: members.number(source) for mode, source in SOURCE_NAME_BY_MODE.items()})

    def variant(self, name: str) -> str:
        """What the member says that the row is a variant of, or else what was asked for; rejects any other."""
        said = self.fields.get(name) or self.request.variant
        if said != self.request.variant:
            raise RejectedError(
                Reason.WRONG_VARIANT, f"asked for {name} {self.request.variant!r}, the row has {said!r}"
            )
        return said

    def _said(self, name: str) -> Any:
        value = self.fields.get(name)
        return self._envelope.get(name) if value is None else value

    def _zone(self) -> str:
        zone = self._said("zone")
        if zone is None:
            raise RejectedError(Reason.MISSING_FIELD, "no zone in the row nor in its envelope")
        if zone != self.request.zone:
            raise RejectedError(Reason.WRONG_ZONE, f"asked for {self.request.zone}, the row is for {zone!r}")
        return self.request.zone

    def _granularity(self) -> Granularity:
        said = self._said("temporalGranularity")
        try:
            return self.request.granularity if said is None else Granularity(said)
        except ValueError:
            detail = f"temporalGranularity {said!r}: coarser rows are energy, not power"
            raise RejectedError(Reason.UNSUPPORTED_GRANULARITY, detail) from None

    def instant(self, name: str) -> datetime:
        """An instant that the row, or else its envelope, must say."""
        said = self._said(name)
        if said is None:
            raise RejectedError(Reason.MISSING_FIELD, f"no {name}")
        if not isinstance(said, str):
            raise RejectedError(Reason.BAD_TIME, f"{name} is not text")
        try:
            instant = datetime.fromisoformat(said)
            if instant.tzinfo is None:
                raise RejectedError(Reason.BAD_TIME, f"{name} {said!r} has no offset from UTC")
            instant = instant.astimezone(UTC)
        except (ValueError, OverflowError):
            raise RejectedError(Reason.BAD_TIME, f"{name} {said!r} is not an ISO 8601 instant") from None
        if instant < _EARLIEST:
            raise RejectedError(Reason.BAD_TIME, f"{name} {said!r} is before 2000")
        return instant

    def _kind(self) -> tuple[Kind, str]:
        is_estimated, said = self.fields.get("isEstimated"), self.fields.get("estimationMethod")
        if not isinstance(is_estimated, bool | None):
            raise RejectedError(Reason.BAD_VALUE, "isEstimated is neither true, false nor null")
        if not isinstance(said, str | None):
            raise RejectedError(Reason.BAD_VALUE, "estimationMethod is neither text nor null")
        method = (said or "").removeprefix(_ESTIMATED_PREFIX)
        if is_estimated is None and not method:
            return Kind.UNKNOWN, method
        estimated = method != _MEASURED_METHOD if is_estimated is None else is_estimated
        return (Kind.ESTIMATED if estimated else Kind.MEASURED), method


class Members:
    """The members of an object within a row."""

    def __init__(self, name: str, value: object, unrecognised: set[str]) -> None:
        if not isinstance(value, dict | None):
            raise RejectedError(Reason.BAD_VALUE, f"{name} is not an object")
        self.fields = cast("dict[str, Any]", value or {})
        self._name = name
        self._unrecognised = unrecognised

    def number(self, name: str) -> float | None:
        """A finite number or null; absent is null."""
        return _number(f"{self._name}.{name}", self.fields.get(name))

    def inner(self, name: str) -> "Members":
        """A member that is an object; null or absent is empty."""
        return Members(f"{self._name}.{name}", self.fields.get(name), self._unrecognised)

    def note_unrecognised(self, known: Collection[str]) -> None:
        """Tell of members that are not among these."""
        self._unrecognised.update(f"{self._name}.{key}" for key in self.fields.keys() - set(known))


def _number(name: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RejectedError(Reason.BAD_VALUE, f"{name} is neither a number nor null")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise RejectedError(Reason.BAD_VALUE, f"{name} is too large")
    return number
