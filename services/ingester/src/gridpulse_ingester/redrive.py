"""`redrive`: puts the dead-letter topic through the current parser again. Running it twice changes nothing."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from pydantic import ValidationError

from gridpulse_contract.models import DeadLetter, Event, Granularity, Origin, Reason, Signal, parse_event
from gridpulse_contract.normalise import Normalised, Rejection, SourceRequest, answer_of_row, normalise
from gridpulse_contract.signals import SIGNALS
from gridpulse_ingester.batch import Batch
from gridpulse_ingester.kafka import Consumer, Partition, read
from gridpulse_ingester.publisher import Publisher, Result
from gridpulse_servicekit.lifecycle import StopSignal

__all__ = ["RedriveSummary", "redrive", "revive"]


@dataclass
class RedriveSummary:
    """What a redrive came to."""

    read: int = 0
    filtered: int = 0
    foreign: int = 0
    incomplete: int = 0
    revived: int = 0
    still_refused: Counter[str] = field(default_factory=Counter[str])
    events: Counter[Result] = field(default_factory=Counter[Result])
    would_publish: int = 0
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 unless a delivery failed or it was interrupted; letters that still can't be read are no failure."""
        return 1 if self.events[Result.FAILED] or self.interrupted else 0

    def lines(self) -> list[str]:
        """The summary for people."""
        refused = ", ".join(f"{count} {reason}" for reason, count in sorted(self.still_refused.items()))
        events = ", ".join(f"{self.events[result]} {result}" for result in Result)
        if self.would_publish:
            events = f"{self.would_publish} would be published"
        lines = [
            f"redrive: {self.read} dead letters read, {self.filtered} of another reason, {self.revived} now readable; "
            f"events: {events}",
            f"still refused: {refused or 'none'}; only the head was kept: {self.incomplete}; "
            f"not dead letters: {self.foreign}",
        ]
        return [*lines, "interrupted: run it again"] if self.interrupted else lines


async def redrive(
    consumer: Consumer,
    publisher: Publisher | None,
    stop: StopSignal,
    *,
    since: datetime | None,
    reasons: Collection[Reason],
    accept_sandbox: bool,
    stall_seconds: float,
) -> RedriveSummary:
    """Read the topic's dead letters from its start (or those appended since an instant) to its present end.

    Events of what can be read now go to `publisher`; without one they are only counted. Raises BrokerError.
    """
    summary = RedriveSummary()
    partitions = sorted(consumer.assignment())
    ends = await consumer.end_offsets(partitions)
    starts = await _starts(consumer, partitions, ends, since)
    async for record in read(consumer, starts, ends, stall_seconds=stall_seconds):
        if stop.is_set():
            summary.interrupted = True
            break
        summary.read += 1
        try:
            letter = DeadLetter.model_validate_json(record.value or b"")
        except ValidationError:
            summary.foreign += 1
            continue
        if reasons and letter.reason not in reasons:
            summary.filtered += 1
            continue
        if letter.body() is None:
            summary.incomplete += 1
            continue
        found = revive(letter, accept_sandbox=accept_sandbox)
        summary.still_refused.update(str(rejection.reason) for rejection in found.rejections)
        if not found.events:
            continue
        summary.revived += 1
        if publisher is None:
            summary.would_publish += len(found.events)
            continue
        published = await publisher.publish(_batch(letter, found.events))
        summary.events.update(published.events)
    return summary


async def _starts(
    consumer: Consumer, partitions: list[Partition], ends: dict[Partition, int], since: datetime | None
) -> dict[Partition, int]:
    if since is None:
        return await consumer.beginning_offsets(partitions)
    since_ms = int(since.timestamp() * 1000)
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
    return {
        partition: ends[partition] if found[partition] is None else found[partition].offset for partition in partitions
    }


def revive(letter: DeadLetter, *, accept_sandbox: bool) -> Normalised:
    """What the current parser makes of a dead letter's bytes: events, or rejections that say why still not."""
    answer = letter.answer() or b""
    if letter.origin is Origin.INGESTER:
        try:
            request = SourceRequest(
                signal=_signal_of(letter),
                zone=letter.zone or "",
                granularity=Granularity(letter.granularity or ""),
                variant=letter.variant or "",
            )
        except ValueError:
            return Normalised(rejections=(_rejection(letter, answer),))
        return normalise(answer, request, received_at=letter.received_at, accept_sandbox=accept_sandbox)
    return _revive_message(letter, answer, accept_sandbox=accept_sandbox)


def _signal_of(letter: DeadLetter) -> Signal:
    """What it is about: of forecasts in place of observations, or the reverse, the other signal. Raises ValueError."""
    asked = Signal(letter.signal or "")
    if letter.reason is not Reason.FORECAST:
        return asked
    contract = SIGNALS[asked]
    others = (
        signal
        for signal, other in SIGNALS.items()
        if other.asked_as == contract.asked_as and other.is_forecast is not contract.is_forecast
    )
    return next(others, asked)


def _revive_message(letter: DeadLetter, value: bytes, *, accept_sandbox: bool) -> Normalised:
    """A Kafka message that the streaming job could not read: its `raw` row, else the message itself as an event."""
    found = Normalised(rejections=(_rejection(letter, value),))
    try:
        message: Any = json.loads(value)
        said = cast("dict[str, Any]", message)
        request = SourceRequest(
            signal=Signal(said["signal"]),
            zone=str(said["zone"]),
            granularity=Granularity(said["granularity"]),
            variant=str(said["variant"]),
        )
        answer = answer_of_row(str(said["raw"]), request, str(said["updated_at"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return found
    found = normalise(answer, request, received_at=letter.received_at, accept_sandbox=accept_sandbox)
    if found.events:
        return found
    try:
        return Normalised(events=(parse_event(value),))
    except ValidationError:
        return found


def _rejection(letter: DeadLetter, body: bytes) -> Rejection:
    return Rejection(letter.reason, letter.detail, body)


def _batch(letter: DeadLetter, events: tuple[Event, ...]) -> Batch:
    first = events[0]
    request = SourceRequest(first.signal, first.zone, first.granularity, first.variant)
    return Batch(request, letter.received_at, events, ())
