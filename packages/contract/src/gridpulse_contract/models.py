"""What travels through Kafka: events and dead letters.

An event is what the source said about (signal, variant, zone, granularity, at) in its revision `updated_at`.
Every store is a pure function of the set of events, so nothing in an event depends on when or how often we looked.
"""

import base64
import hashlib
import json
import math
import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    TypeAdapter,
)

from gridpulse_contract.modes import MODES

__all__ = [
    "EVENT_MODELS",
    "CarbonIntensityEvent",
    "DeadLetter",
    "Event",
    "Granularity",
    "Header",
    "Kind",
    "Origin",
    "PowerBreakdownEvent",
    "PowerByMode",
    "Reason",
    "Signal",
    "format_instant",
    "parse_event",
    "write_timestamp_us",
]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EVENT_NAMESPACE: Final = uuid.UUID("6f1c9a52-4b7e-5d0f-9a63-2d8e1c7b4f90")


class Signal(StrEnum):
    """What is measured. v4's electricity-mix and electricity-flows will be signals of their own."""

    POWER_BREAKDOWN = "power-breakdown"
    CARBON_INTENSITY = "carbon-intensity"


class Granularity(StrEnum):
    """Width of a row, whose values are mean power. Coarser rows of the source are energy, and refused."""

    MINUTES_5 = "5_minutes"
    MINUTES_15 = "15_minutes"
    HOURLY = "hourly"


class Kind(StrEnum):
    """Whether the source measured the value or estimated it."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


class Header(StrEnum):
    """Kafka headers of an event."""

    EVENT_ID = "event-id"
    SCHEMA = "schema"
    FETCHED_AT = "fetched-at"


class Origin(StrEnum):
    """Which part gave up on a dead letter, and so what its original bytes are."""

    INGESTER = "ingester"  # bytes of an API answer, or of one row of it
    STREAMING = "streaming"  # bytes of a Kafka message's value


class Reason(StrEnum):
    """Why an answer, a row of it, or a Kafka message did not become an event."""

    NOT_JSON = "not-json"
    UNEXPECTED_SHAPE = "unexpected-shape"
    MISSING_FIELD = "missing-field"
    BAD_VALUE = "bad-value"
    BAD_TIME = "bad-time"
    UPDATED_IN_FUTURE = "updated-in-future"
    WRONG_ZONE = "wrong-zone"
    WRONG_VARIANT = "wrong-variant"
    UNSUPPORTED_GRANULARITY = "unsupported-granularity"
    FORECAST = "forecast"
    SANDBOX = "sandbox"
    UNEXPECTED_STATUS = "unexpected-status"
    SCHEMA_MISMATCH = "schema-mismatch"


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


class _Message(BaseModel):
    # Fields are only ever added within a version: a consumer must read what a newer producer writes.
    model_config = ConfigDict(frozen=True, extra="ignore")


class PowerByMode(_Message):
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


if tuple(PowerByMode.model_fields) != MODES:  # the fields are spelled out for type checkers; this keeps one home
    raise AssertionError("PowerByMode and MODES differ")


class _EventBase(_Message):
    """Fields of every event. `raw` is the row's JSON text exactly as received, for a better parser to reread."""

    topic: ClassVar[str]
    schema_name: ClassVar[str]

    zone: ZoneKey
    granularity: Granularity
    at: Instant
    updated_at: Instant
    kind: Kind
    estimation_method: Text = ""
    raw: Text

    def event_id(self) -> uuid.UUID:
        """Identity of a revision: uuid5 over key fields, `updated_at` and typed values; never over `raw`."""
        content = self.model_dump(mode="json", exclude={"raw"})
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return uuid.uuid5(_EVENT_NAMESPACE, canonical)

    def key(self) -> tuple[str, str, str, str, datetime]:
        """(signal, variant, zone, granularity, at): what a revision is about."""
        fields: Any = self
        return (fields.signal, fields.variant, self.zone, self.granularity, self.at)

    def write_timestamp_us(self) -> int:
        """Cassandra write timestamp of this revision, see `write_timestamp_us`."""
        return write_timestamp_us(self.updated_at, self.event_id())


class PowerBreakdownEvent(_EventBase):
    """Mean power of a zone over one interval starting at `at`, in MW."""

    topic: ClassVar[str] = "electricity.power-breakdown.v1"
    schema_name: ClassVar[str] = "power-breakdown.v1"

    signal: Literal[Signal.POWER_BREAKDOWN] = Signal.POWER_BREAKDOWN
    variant: Literal[""] = ""
    production_mw: PowerByMode
    consumption_mw: PowerByMode
    import_mw: dict[Text, Number | None] = Field(default_factory=dict)
    export_mw: dict[Text, Number | None] = Field(default_factory=dict)
    production_total_mw: Number | None = None
    consumption_total_mw: Number | None = None
    import_total_mw: Number | None = None
    export_total_mw: Number | None = None
    renewable_percent: Number | None = None
    fossil_free_percent: Number | None = None


class CarbonIntensityEvent(_EventBase):
    """Carbon intensity of the electricity consumed in a zone, in gCO2eq/kWh."""

    topic: ClassVar[str] = "electricity.carbon-intensity.v1"
    schema_name: ClassVar[str] = "carbon-intensity.v1"

    signal: Literal[Signal.CARBON_INTENSITY] = Signal.CARBON_INTENSITY
    variant: Literal["lifecycle", "direct"]
    carbon_intensity_gco2eq_per_kwh: Number | None = None


Event = PowerBreakdownEvent | CarbonIntensityEvent
EVENT_MODELS: Final[dict[Signal, type[PowerBreakdownEvent] | type[CarbonIntensityEvent]]] = {
    Signal.POWER_BREAKDOWN: PowerBreakdownEvent,
    Signal.CARBON_INTENSITY: CarbonIntensityEvent,
}


_ANY_EVENT: Final[TypeAdapter[Event]] = TypeAdapter(Annotated[Event, Field(discriminator="signal")])


def parse_event(value: bytes) -> Event:
    """The event in a Kafka message's value; raises pydantic's ValidationError (a ValueError) where it is none."""
    return _ANY_EVENT.validate_json(value)


def write_timestamp_us(updated_at: datetime, event_id: uuid.UUID) -> int:
    """Write timestamp in microseconds since the epoch: `updated_at` in ms x 1000 + hash of the values mod 1000.

    The newest revision wins whatever the order of arrival, and two contents that share one `updated_at` do not mix
    cell by cell. The hash is the first 32 bits of the event-id (SHA-1, so uniform), which Spark can read from the
    message's header without knowing how it was made.
    """
    milliseconds = (updated_at - _EPOCH) // timedelta(milliseconds=1)
    return milliseconds * 1000 + int(event_id.hex[:8], 16) % 1000


class DeadLetter(_Message):
    """Bytes that could not become events, and all that is needed to try again.

    `body_base64` holds the original bytes; beyond `MAX_BODY_BYTES` only their head, while length and SHA-256 always
    describe the whole. Where they are one row, `envelope` is the answer that the row came in, with its list empty and
    last: a row can be readable, or refused, only because of what its envelope says.
    """

    topic: ClassVar[str] = "electricity.dead-letter.v1"
    schema_name: ClassVar[str] = "dead-letter.v1"
    MAX_BODY_BYTES: ClassVar[int] = 512 * 1024

    origin: Origin
    reason: Reason
    detail: str
    received_at: Instant
    signal: str | None = None
    variant: str | None = None
    zone: str | None = None
    granularity: str | None = None
    url: str | None = None
    status: int | None = None
    content_type: str | None = None
    source_topic: str | None = None
    source_partition: int | None = None
    source_offset: int | None = None
    envelope: str | None = None
    body_base64: str
    body_length: int
    body_sha256: str

    @classmethod
    def of(
        cls, body: bytes, *, origin: Origin, reason: Reason, detail: str, received_at: datetime, **known: Any
    ) -> Self:
        """A dead letter for `body`; `known` are the optional fields, as far as they are known."""
        return cls(
            origin=origin,
            reason=reason,
            # it may quote the source at length, or half a surrogate pair
            detail=detail[:2000].encode("utf-8", "replace").decode("utf-8"),
            received_at=received_at,
            body_base64=base64.b64encode(body[: cls.MAX_BODY_BYTES]).decode("ascii"),
            body_length=len(body),
            body_sha256=hashlib.sha256(body).hexdigest(),
            **known,
        )

    def body(self) -> bytes | None:
        """The original bytes, or None where only their head was kept."""
        return base64.b64decode(self.body_base64) if self.body_length <= self.MAX_BODY_BYTES else None

    def answer(self) -> bytes | None:
        """The original bytes as an answer to parse: a row is put back into its envelope."""
        body = self.body()
        if body is None or self.envelope is None:
            return body
        return self.envelope.removesuffix("]}").encode() + body + b"]}"

    def letter_id(self) -> uuid.UUID:
        """Identity of what could not be read: the same bytes, refused for the same reason, are one letter."""
        what = (self.origin, self.reason, self.signal, self.variant, self.zone, self.granularity, self.status)
        place = (self.source_topic, self.source_partition, self.source_offset)
        content = json.dumps([*what, *place, self.envelope, self.body_sha256])
        return uuid.uuid5(_EVENT_NAMESPACE, content)
