"""The streaming job against given engines, and the events it reads."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from gridpulse_ingester.batch import Message
from gridpulse_platform import CassandraNode, KafkaBroker, Service, ensure_jars, free_port
from harness.histories import Delivery

__all__ = ["produce", "streaming_driver"]

_JOB: Final = Path(__file__).parents[2] / "spark" / "jobs" / "stream_to_cassandra.py"


def streaming_driver(
    kafka: KafkaBroker,
    cassandra: CassandraNode,
    keyspace: str,
    home: Path,
    *,
    before: str = "",
    settings: Mapping[str, str] | None = None,
) -> Service:
    """The job, not started yet; its checkpoint and log are in `home`. Small batches, so that a kill meets many.

    `before` is Python that the process runs first; `settings` go before those of the engines, without their prefix.
    """
    port = free_port()
    environment = {
        "GRIDPULSE_STREAMING_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "GRIDPULSE_STREAMING_CASSANDRA_CONTACT_POINTS": cassandra.contact_points,
        "GRIDPULSE_STREAMING_CASSANDRA_PORT": str(cassandra.port),
        "GRIDPULSE_STREAMING_CASSANDRA_LOCAL_DATACENTER": cassandra.local_datacenter,
        "GRIDPULSE_STREAMING_KEYSPACE": keyspace,
        "GRIDPULSE_STREAMING_CHECKPOINT_LOCATION": str(home / "checkpoint"),
        "GRIDPULSE_STREAMING_METRICS_HOST": "127.0.0.1",
        "GRIDPULSE_STREAMING_METRICS_PORT": str(port),
        "GRIDPULSE_STREAMING_MAX_OFFSETS_PER_TRIGGER": "500",
        "GRIDPULSE_STREAMING_JARS_DIR": str(ensure_jars("spark")),
        **{f"GRIDPULSE_STREAMING_{name}": value for name, value in (settings or {}).items()},
    }
    return Service(
        "streaming",
        ["-c", f"{before}\nimport runpy\nrunpy.run_path({str(_JOB)!r}, run_name='__main__')"]
        if before
        else [str(_JOB)],
        home / "streaming.log",
        environment=environment,
        health_url=f"http://127.0.0.1:{port}/metrics",
        ready_deadline_seconds=90,
        stop_deadline_seconds=40,
    )


def produce(bootstrap_servers: str, deliveries: Sequence[Delivery]) -> None:
    """Send the events as the ingester does, each acknowledged, in the given order."""
    asyncio.run(_produce(bootstrap_servers, deliveries))


async def _produce(bootstrap_servers: str, deliveries: Sequence[Delivery]) -> None:
    producer: Any = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all", enable_idempotence=False)
    await producer.start()
    try:
        acknowledgements: list[asyncio.Future[object]] = []
        for delivery in deliveries:
            message = Message(delivery.event, delivery.fetched_at)
            sent = await producer.send(message.topic, message.value(), message.key(), headers=message.headers())
            acknowledgements.append(sent)
        await asyncio.gather(*acknowledgements)
    finally:
        await producer.stop()
