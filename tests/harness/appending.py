"""Messages in Kafka with an append time of choice, since a test can't wait for hours."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from gridpulse_contract.topics import load_topics
from gridpulse_ingester.batch import Message
from harness.histories import Delivery

__all__ = ["Appended", "append", "appended", "create_trusting_topics", "drop_before"]


@dataclass(frozen=True)
class Appended:
    """A message and when the log is to say that it was appended."""

    topic: str
    appended_at: datetime
    value: bytes | None
    key: bytes | None = None
    headers: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    partition: int | None = None


def appended(delivery: Delivery, appended_at: datetime) -> Appended:
    """The message that the ingester makes of an event."""
    message = Message(delivery.event, delivery.fetched_at)
    return Appended(message.topic, appended_at, message.value(), message.key(), message.headers())


def create_trusting_topics(bootstrap_servers: str) -> None:
    """The contract's topics, but with the append time that a producer gives (in the product the broker sets it)."""
    asyncio.run(_create(bootstrap_servers))


def append(bootstrap_servers: str, messages: Iterable[Appended]) -> None:
    """Produce the messages, each acknowledged, in the given order."""
    asyncio.run(_append(bootstrap_servers, messages))


def drop_before(bootstrap_servers: str, topic: str, partition: int, offset: int) -> None:
    """Let Kafka forget the messages before `offset`, as its retention does."""
    asyncio.run(_drop(bootstrap_servers, topic, partition, offset))


async def _create(bootstrap_servers: str) -> None:
    async with _admin(bootstrap_servers) as admin:
        await admin.create_topics(
            [
                NewTopic(
                    topic.name,
                    topic.partitions,
                    replication_factor=1,
                    topic_configs={**topic.config, "message.timestamp.type": "CreateTime", "min.insync.replicas": "1"},
                )
                for topic in load_topics()
            ]
        )


async def _append(bootstrap_servers: str, messages: Iterable[Appended]) -> None:
    producer: Any = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all")
    await producer.start()
    try:
        acknowledgements: list[asyncio.Future[object]] = []
        for message in messages:
            sent = await producer.send(
                message.topic,
                message.value,
                message.key,
                partition=message.partition,
                timestamp_ms=int(message.appended_at.timestamp() * 1000),
                headers=message.headers,
            )
            acknowledgements.append(sent)
        await asyncio.gather(*acknowledgements)
    finally:
        await producer.stop()


async def _drop(bootstrap_servers: str, topic: str, partition: int, offset: int) -> None:
    async with _admin(bootstrap_servers) as admin:
        await admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(offset)})


@asynccontextmanager
async def _admin(bootstrap_servers: str) -> AsyncGenerator[Any]:
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
