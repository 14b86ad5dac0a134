"""What one answer becomes: events and dead letters on their way to Kafka."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final
from uuid import UUID

from gridpulse_contract.models import DeadLetter, Event, Header, Origin, Reason, format_instant
from gridpulse_contract.normalise import Rejection, SourceRequest, normalise
from gridpulse_ingester.source import Answer

__all__ = ["Batch", "Message", "read_answer"]

_MAX_ENVELOPE: Final = 64 * 1024  # beyond, the answer as a whole is one dead letter


@dataclass(frozen=True)
class Message:
    """One event or dead letter, as Kafka is to have it."""

    content: Event | DeadLetter
    fetched_at: datetime

    @cached_property
    def identity(self) -> UUID:
        """Equal for equal content, whenever and however often it was fetched."""
        return self.content.letter_id() if isinstance(self.content, DeadLetter) else self.content.event_id()

    @property
    def topic(self) -> str:
        """Where it goes."""
        return self.content.topic

    def key(self) -> bytes | None:
        """The zone: one partition has all of a zone."""
        return self.content.zone.encode() if self.content.zone is not None else None

    def value(self) -> bytes:
        """The message's JSON."""
        return self.content.model_dump_json().encode()

    def headers(self) -> list[tuple[str, bytes]]:
        """Identity, schema and fetch time, readable without the value."""
        return [
            (Header.EVENT_ID.value, str(self.identity).encode()),
            (Header.SCHEMA.value, self.content.schema_name.encode()),
            (Header.FETCHED_AT.value, format_instant(self.fetched_at).encode()),
        ]


@dataclass(frozen=True)
class Batch:
    """All that one answer holds: every row of it is an event or (part of) a dead letter."""

    request: SourceRequest
    fetched_at: datetime
    events: tuple[Event, ...]
    letters: tuple[DeadLetter, ...]
    unrecognised: frozenset[str] = frozenset()

    def messages(self) -> list[Message]:
        """Events first, then dead letters."""
        return [Message(content, self.fetched_at) for content in (*self.events, *self.letters)]


def read_answer(answer: Answer, *, accept_sandbox: bool) -> Batch:
    """Events and dead letters of an answer; total, whatever its bytes are."""
    request = answer.request
    if answer.problem is not None:
        rejection = Rejection(answer.problem.reason, str(answer.problem), answer.body)
        return Batch(request, answer.received_at, (), (_dead_letter(rejection, answer),))
    found = normalise(answer.body, request, received_at=answer.received_at, accept_sandbox=accept_sandbox)
    rejections = list(found.rejections)
    events: list[Event] = []
    for event in found.events:
        size = len(event.raw.encode())
        if size <= DeadLetter.MAX_BODY_BYTES:
            events.append(event)
        else:  # a message holds the row in `raw`, and Kafka takes no message so large
            detail = f"a row of {size} bytes is too large for a message"
            rejections.append(Rejection(Reason.BAD_VALUE, detail, event.raw.encode()))
    if any(len(rejection.envelope or "") > _MAX_ENVELOPE for rejection in rejections):
        first = rejections[0]
        rejections = [Rejection(first.reason, first.detail, answer.body)]
    letters = tuple(_dead_letter(rejection, answer) for rejection in rejections)
    return Batch(request, answer.received_at, tuple(events), letters, found.unrecognised)


def _dead_letter(rejection: Rejection, answer: Answer) -> DeadLetter:
    return DeadLetter.of(
        rejection.body,
        origin=Origin.INGESTER,
        reason=rejection.reason,
        detail=rejection.detail,
        received_at=answer.received_at,
        signal=answer.request.signal,
        variant=answer.request.variant,
        zone=answer.request.zone,
        granularity=answer.request.granularity,
        url=answer.url,
        status=answer.status,
        content_type=answer.content_type,
        envelope=rejection.envelope,
    )
