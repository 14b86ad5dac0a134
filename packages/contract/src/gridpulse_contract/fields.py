"""The types of a message's fields."""

import math
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, Strict

from gridpulse_contract.modes import MODES

__all__ = ["Instant", "Message", "Number", "PowerByMode", "Text", "ZoneKey", "format_instant"]


def format_instant(instant: datetime) -> str:
    """An aware datetime as RFC 3339 in UTC with milliseconds, the one form in messages: 2026-01-02T03:00:00.000Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _whole_milliseconds_utc(instant: datetime) -> datetime:
    utc = instant.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value + 0.0  # -0.0 becomes 0.0: equal values must hash alike


def _encodable(text: str) -> str:
    text.encode()  # a lone surrogate, which JSON can spell, is no text that a store can hold (raises a ValueError)
    return text


Text = Annotated[str, AfterValidator(_encodable)]
Instant = Annotated[
    AwareDatetime, AfterValidator(_whole_milliseconds_utc), PlainSerializer(format_instant, return_type=str)
]
Number = Annotated[float, Strict(), AfterValidator(_finite)]
ZoneKey = Annotated[str, Field(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=32)]


class Message(BaseModel, frozen=True):
    """A message's value, or a part of it."""

    # Fields are only ever added within a version: a consumer must read what a newer producer writes.
    model_config = ConfigDict(extra="ignore")


class PowerByMode(Message, frozen=True):
    """Power by production mode in MW; null = the source did not report it, which is not 0."""

    nuclear: Number | None = None
    geothermal: Number | None = None
    biomass: Number | None = None
    coal: Number | None = None
    wind: Number | None = None
    solar: Number | None = None
    hydro: Number | None = None
    gas: Number | None = None
    oil: Number | None = None
    unknown: Number | None = None
    hydro_discharge: Number | None = None
    battery_discharge: Number | None = None

    def by_mode(self) -> dict[str, float | None]:
        """Power in MW, in the order of MODES."""
        return {mode: getattr(self, mode) for mode in MODES}


if tuple(PowerByMode.model_fields) != MODES:  # the fields are spelled out for type checkers; this keeps one home
    raise AssertionError("PowerByMode and MODES differ")
