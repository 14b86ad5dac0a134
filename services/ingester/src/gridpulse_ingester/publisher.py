"""Produces to Kafka, and drops only what the broker has already acknowledged."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

import structlog
from aiokafka.errors import KafkaError

from gridpulse_contract.models import DeadLetter, Header
from gridpulse_contract.topics import load_topics
from gridpulse_ingester.batch import Batch, Message
from gridpulse_ingester.errors import BrokerError
from gridpulse_ingester.kafka import Producer, open_consumer, read
from gridpulse_ingester.metrics import Metrics
from gridpulse_ingester.settings import IngesterSettings

__all__ = ["AcknowledgedIds", "Published", "Publisher", "Result", "recall_acknowledged"]

_log = structlog.stdlib.get_logger(__name__)
_MAX_NAMED_FIELDS: Final = 1000


class Result(StrEnum):
    """What came of one message."""

    PUBLISHED = "published"
    ALREADY_ACKNOWLEDGED = "already-acknowledged"
    FAILED = "failed"


class AcknowledgedIds:
    """A bounded memory of ids that the broker has acknowledged; the least recently seen one is forgotten first.

    Forgetting costs a duplicate in Kafka, which every store takes in its stride.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._ids: OrderedDict[UUID, None] = OrderedDict()

    def __contains__(self, identity: UUID) -> bool:
        if identity not in self._ids:
            return False
        self._ids.move_to_end(identity)
        return True

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, identity: UUID) -> None:
        """Remember; as the newest."""
        self._ids[identity] = None
        self._ids.move_to_end(identity)
        if len(self._ids) > self._size:
            self._ids.popitem(last=False)


@dataclass(frozen=True)
class Published:
    """What came of one batch, in messages."""

    events: Counter[Result]
    letters: Counter[Result]

    @property
    def failed(self) -> int:
        """Messages that are not known to be in Kafka: whoever reads the source again sends them again."""
        return self.events[Result.FAILED] + self.letters[Result.FAILED]


class Publisher:
    """Sends batches. Safe to use from several tasks: a message on its way is not sent a second time."""

    def __init__(
        self, producer: Producer, acknowledged: AcknowledgedIds, metrics: Metrics, delivery_deadline_seconds: float
    ) -> None:
        self._producer = producer
        self._acknowledged = acknowledged
        self._metrics = metrics
        self._deadline_seconds = delivery_deadline_seconds
        self._on_their_way: dict[UUID, asyncio.Future[bool]] = {}
        self._named_fields: set[tuple[str, str]] = set()
        self._failing_since: float | None = None

    @property
    def failing_seconds(self) -> float:
        """For how long nothing has been acknowledged although something was sent."""
        return 0.0 if self._failing_since is None else time.monotonic() - self._failing_since

    def replace_producer(self, producer: Producer) -> Producer:
        """Send through another producer from now on; returns the former one, for the caller to stop."""
        former, self._producer = self._producer, producer
        self._failing_since = None
        return former

    async def publish(self, batch: Batch) -> Published:
        """Send what Kafka does not have yet; return once each message is acknowledged or has failed."""
        messages = batch.messages()
        results = await asyncio.gather(*(self._deliver(message) for message in messages))
        published = Published(events=Counter(), letters=Counter())
        for message, result in zip(messages, results, strict=True):
            self._count(message, result, published)
        self._note_unrecognised(batch)
        if published.failed:
            _log.error(
                "delivery failed: the next poll sends it again", zone=batch.request.zone, failed=published.failed
            )
        else:
            self._metrics.saw_good_poll(batch.request)
        return published

    def _count(self, message: Message, result: Result, published: Published) -> None:
        if isinstance(message.content, DeadLetter):
            published.letters[result] += 1
            self._metrics.dead_letters.labels(message.content.reason, result).inc()
            if result is Result.PUBLISHED:
                letter = message.content
                _log.warning(
                    "dead letter", reason=letter.reason, detail=letter.detail, zone=letter.zone, url=letter.url
                )
            return
        published.events[result] += 1
        self._metrics.events.labels(message.content.signal, result).inc()
        if result is not Result.FAILED:
            self._metrics.saw_acknowledged(message.content)

    def _note_unrecognised(self, batch: Batch) -> None:
        for name in batch.unrecognised:
            self._metrics.unrecognised_fields.labels(batch.request.signal).inc()
            named = (batch.request.signal, name)
            if named not in self._named_fields and len(self._named_fields) < _MAX_NAMED_FIELDS:
                self._named_fields.add(named)
                _log.warning("unrecognised field", signal=batch.request.signal, field=name, zone=batch.request.zone)

    async def _deliver(self, message: Message) -> Result:
        identity = message.identity
        if identity in self._acknowledged:
            return Result.ALREADY_ACKNOWLEDGED
        if (other := self._on_their_way.get(identity)) is not None:
            await asyncio.wait({other})  # which, other than awaiting it, does not cancel it along with us
            return Result.ALREADY_ACKNOWLEDGED if other.result() else Result.FAILED
        on_its_way = asyncio.get_running_loop().create_future()
        self._on_their_way[identity] = on_its_way
        is_acknowledged = False
        try:
            is_acknowledged = await self._send(message)
        finally:
            if is_acknowledged:
                self._acknowledged.add(identity)
            del self._on_their_way[identity]
            on_its_way.set_result(is_acknowledged)
        return Result.PUBLISHED if is_acknowledged else Result.FAILED

    async def _send(self, message: Message) -> bool:
        try:
            async with asyncio.timeout(self._deadline_seconds):
                acknowledgement = await self._producer.send(
                    message.topic, message.value(), message.key(), headers=message.headers()
                )
                await acknowledgement
        except (KafkaError, TimeoutError) as error:
            _log.debug("not acknowledged", topic=message.topic, error=repr(error))
            self._failing_since = self._failing_since or time.monotonic()
            return False
        self._failing_since = None
        return True


async def recall_acknowledged(settings: IngesterSettings, acknowledged: AcknowledgedIds) -> None:
    """Fill the memory from the tail of the topics, by headers alone.

    What can't be recalled by the deadline is sent again, which is harmless.
    """
    if settings.seed_messages_per_partition == 0:
        return
    try:
        async with asyncio.timeout(settings.seed_deadline_seconds):
            await _recall(settings, acknowledged)
    except (BrokerError, KafkaError, TimeoutError) as error:
        _log.warning("not all acknowledged events were recalled", error=repr(error), recalled=len(acknowledged))
    else:
        _log.info("acknowledged events recalled", recalled=len(acknowledged))


async def _recall(settings: IngesterSettings, acknowledged: AcknowledgedIds) -> None:
    async with open_consumer(settings, [topic.name for topic in load_topics()]) as consumer:
        partitions = sorted(consumer.assignment())
        ends = await consumer.end_offsets(partitions)
        first = await consumer.beginning_offsets(partitions)
        starts = {
            partition: max(first[partition], ends[partition] - settings.seed_messages_per_partition)
            for partition in partitions
        }
        async for record in read(consumer, starts, ends, stall_seconds=settings.seed_deadline_seconds):
            identity = _event_id(record.headers)
            if identity is not None:
                acknowledged.add(identity)


def _event_id(headers: Sequence[tuple[str, bytes]]) -> UUID | None:
    for name, value in headers:
        if name == Header.EVENT_ID:
            try:
                return UUID(value.decode("ascii"))
            except ValueError:
                return None
    return None
