"""What could not become an event, with all that is needed to try again."""

import base64
import hashlib
import json
import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from gridpulse_contract._rows import put_back
from gridpulse_contract.events import MESSAGE_NAMESPACE
from gridpulse_contract.fields import Instant, Message
from gridpulse_contract.vocabulary import Origin, Reason

__all__ = ["DeadLetter"]


class DeadLetter(Message, frozen=True):
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
        return put_back(body, self.envelope)

    def letter_id(self) -> uuid.UUID:
        """Identity of what could not be read: the same bytes, refused for the same reason, are one letter."""
        what = (self.origin, self.reason, self.signal, self.variant, self.zone, self.granularity, self.status)
        place = (self.source_topic, self.source_partition, self.source_offset)
        content = json.dumps([*what, *place, self.envelope, self.body_sha256])
        return uuid.uuid5(MESSAGE_NAMESPACE, content)
