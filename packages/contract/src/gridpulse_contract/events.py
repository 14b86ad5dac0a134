"""What the events of all signals have in common.

An event is what the source said about (signal, variant, zone, granularity, at) in its revision `updated_at`.
Every store is a pure function of the set of events, so nothing in an event depends on when or how often we looked.
"""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from gridpulse_contract.fields import Instant, Message, Text, ZoneKey
from gridpulse_contract.quality import EARLIEST_AT, MAX_MEASURED_AHEAD, Quality
from gridpulse_contract.vocabulary import Granularity, Kind, Signal

__all__ = ["MESSAGE_NAMESPACE", "Event", "write_timestamp_us"]

MESSAGE_NAMESPACE: Final = uuid.UUID("6f1c9a52-4b7e-5d0f-9a63-2d8e1c7b4f90")
"""Of the identities (uuid5) of events and dead letters."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Event(Message, frozen=True):
    """Fields of every event. `raw` is the row's JSON text exactly as received, for a better parser to reread."""

    topic: ClassVar[str]
    schema_name: ClassVar[str]

    signal: Signal
    variant: str
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
        return uuid.uuid5(MESSAGE_NAMESPACE, canonical)

    def key(self) -> tuple[str | datetime, ...]:
        """(signal, variant, zone, granularity, at): what a revision is about."""
        return (self.signal, self.variant, self.zone, self.granularity, self.at)

    def write_timestamp_us(self) -> int:
        """Cassandra write timestamp of this revision, see `write_timestamp_us`."""
        return write_timestamp_us(self.updated_at, self.event_id())

    def quality_checks(self) -> dict[Quality, bool]:
        """What is wrong with the values of this signal's event. Each signal has its own."""
        raise NotImplementedError

    def quality_flags(self) -> frozenset[Quality]:
        """What looks wrong in the event, values and times."""
        failed = self.quality_checks()
        failed[Quality.RANGE] = failed[Quality.RANGE] or self.at < EARLIEST_AT
        failed[Quality.AHEAD] = self.kind == Kind.MEASURED and self.at - self.updated_at > MAX_MEASURED_AHEAD
        return frozenset(flag for flag, is_set in failed.items() if is_set)


def write_timestamp_us(updated_at: datetime, event_id: uuid.UUID) -> int:
    """Write timestamp in microseconds since the epoch: `updated_at` in ms x 1000 + hash of the values mod 1000.

    The newest revision wins whatever the order of arrival, and two contents that share one `updated_at` do not mix
    cell by cell. The hash is the first 32 bits of the event-id (SHA-1, so uniform), which Spark can read from the
    message's header without knowing how it was made.
    """
    milliseconds = (updated_at - _EPOCH) // timedelta(milliseconds=1)
    return milliseconds * 1000 + int(event_id.hex[:8], 16) % 1000
