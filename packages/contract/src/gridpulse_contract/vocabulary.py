"""The words of the contract: what signals, granularities, kinds and reasons are called in messages and stores."""

from enum import StrEnum

__all__ = ["Granularity", "Header", "Kind", "Origin", "Reason", "Signal"]


class Signal(StrEnum):
    """What an event is about. Each has a module in `signals`."""

    POWER_BREAKDOWN = "power-breakdown"
    CARBON_INTENSITY = "carbon-intensity"
    CARBON_INTENSITY_FORECAST = "carbon-intensity-forecast"
    ELECTRICITY_MIX = "electricity-mix"
    ELECTRICITY_FLOWS = "electricity-flows"


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
