"""Kafka's client behind a typed border: connecting, and reading a topic from here to there."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, Protocol, cast

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from gridpulse_ingester.errors import BrokerError, ConfigurationError
from gridpulse_ingester.settings import IngesterSettings

__all__ = ["Consumer", "Partition", "Producer", "Record", "is_reachable", "open_consumer", "open_producer", "read"]

_log = structlog.stdlib.get_logger(__name__)
_MAX_REQUEST_BYTES: Final = 2_000_000  # a dead letter has up to 512 KB of bytes, base64; the topics take 2 MiB
_POLL_MS: Final = 500
_RECORDS_AT_ONCE: Final = 1000


class Partition(NamedTuple):
    """A partition of a topic; equal to aiokafka's own TopicPartition."""

    topic: str
    partition: int


class Record(Protocol):
    """One message as read."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Producer(Protocol):
    """What is used of aiokafka's producer."""

    async def send(
        self, topic: str, value: bytes, key: bytes | None, *, headers: list[tuple[str, bytes]]
    ) -> Awaitable[object]:
        """Hand over a message; the returned future tells when the broker has acknowledged it."""
        ...

    async def stop(self) -> None:
        """Flush and close."""
        ...


class Consumer(Protocol):
    """What is used of aiokafka's consumer."""

    def assignment(self) -> set[Partition]:
        """All partitions of its topics."""
        ...

    def seek(self, partition: Partition, offset: int) -> None:
        """Read from here."""
        ...

    async def position(self, partition: Partition) -> int:
        """Where the next read starts."""
        ...

    async def beginning_offsets(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """First offset that is kept."""
        ...

    async def end_offsets(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Offset of the next message to come."""
        ...

    async def offsets_for_times(self, timestamps: Mapping[Partition, int]) -> dict[Partition, Any]:
        """First offset at or after a time in ms, None where there is none yet."""
        ...

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[Partition, list[Record]]:
        """What has arrived, by partition."""
        ...


def _client_options(settings: IngesterSettings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "client_id": "gridpulse-ingester",
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        try:
            options["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ssl_ca_file)
        except OSError as error:
            raise ConfigurationError(f"{settings.kafka_ssl_ca_file} holds no CA certificates: {error}") from None
    if settings.kafka_security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_sasl_username
        options["sasl_plain_password"] = (
            settings.kafka_sasl_password and settings.kafka_sasl_password.get_secret_value()
        )
    return options


async def open_producer(settings: IngesterSettings) -> Producer:
    """A started producer, the caller's to stop. Raises BrokerError where no broker answers.

    acks=all, and no idempotence: a duplicate is harmless here, and a stopped sender is not.
    """
    producer: Any = AIOKafkaProducer(
        **_client_options(settings),
        acks="all",
        enable_idempotence=False,
        compression_type="lz4",
        linger_ms=5,
        max_batch_size=256 * 1024,
        max_request_size=_MAX_REQUEST_BYTES,
        request_timeout_ms=int(settings.delivery_deadline_seconds * 1000),
    )
    try:
        async with asyncio.timeout(settings.broker_deadline_seconds):
            await producer.start()
    except BaseException as error:
        await producer.stop()
        if isinstance(error, KafkaError | OSError | TimeoutError):
            raise BrokerError(f"no Kafka broker at {settings.kafka_bootstrap_servers} answers: {error}") from error
        raise
    return cast("Producer", producer)


async def is_reachable(producer: Producer) -> bool:
    """Whether a broker answers right now; the caller sets the deadline."""
    try:
        await cast("Any", producer).client.fetch_all_metadata()
    except (KafkaError, OSError):
        return False
    return True


@asynccontextmanager
async def open_consumer(settings: IngesterSettings, topics: Sequence[str]) -> AsyncGenerator[Consumer]:
    """A consumer of all partitions of the topics, in no group. Raises BrokerError where that fails."""
    consumer: Any = AIOKafkaConsumer(
        *topics,
        **_client_options(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    try:
        try:
            async with asyncio.timeout(settings.broker_deadline_seconds):
                await consumer.start()
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerError(f"{', '.join(topics)} can not be read: {type(error).__name__} {error}") from error
        yield cast("Consumer", consumer)
    finally:
        await consumer.stop()


async def read(
    consumer: Consumer, starts: Mapping[Partition, int], ends: Mapping[Partition, int], *, stall_seconds: float
) -> AsyncGenerator[Record]:
    """Every record from its partition's start to before its end.

    Raises BrokerError where nothing moves for `stall_seconds`.
    """
    for partition in consumer.assignment():
        consumer.seek(partition, starts.get(partition, ends[partition]))
    left = {partition for partition, end in ends.items() if starts.get(partition, end) < end}
    moved = time.monotonic()
    while left:
        try:
            arrived = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS_AT_ONCE)
        except KafkaError as error:
            raise BrokerError(f"reading stopped: {type(error).__name__} {error}") from error
        for partition, records in arrived.items():
            for record in records:
                if record.offset < ends[partition]:
                    yield record
        reached = {partition for partition in left if await consumer.position(partition) >= ends[partition]}
        left -= reached
        if arrived or reached:
            moved = time.monotonic()
        elif time.monotonic() - moved > stall_seconds:
            raise BrokerError(f"reading stopped: nothing came for {stall_seconds:.0f} s")
