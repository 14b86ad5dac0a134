"""The real engines: what they acknowledged survives SIGKILL, and they come back at the same address."""

import asyncio
import contextlib
import threading
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource

from gridpulse_contract.topics import load_topics
from gridpulse_platform import CassandraNode, KafkaBroker, PlatformError, create_topics
from gridpulse_schema import Session, open_session

pytestmark = pytest.mark.engines

_TOPIC = "electricity.dead-letter.v1"


def listening_addresses(pid: int) -> set[str]:
    connections = psutil.Process(pid).net_connections("tcp")
    return {connection.laddr[0] for connection in connections if connection.status == psutil.CONN_LISTEN}


async def produce(broker: KafkaBroker, values: list[bytes]) -> int:
    """The offset of the first; other tests of the session may have written before."""
    producer: Any = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, acks="all")
    async with producer:
        acknowledged = [await producer.send_and_wait(_TOPIC, value) for value in values]
    return acknowledged[0].offset


async def consume(broker: KafkaBroker, first: int, count: int) -> list[bytes | None]:
    values: list[bytes | None] = []
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers)
    async with consumer:
        consumer.assign([TopicPartition(_TOPIC, 0)])
        consumer.seek(TopicPartition(_TOPIC, 0), first)
        while len(values) < count:
            values.append((await asyncio.wait_for(consumer.getone(), 20)).value)
    return values


def test_kafka_keeps_what_it_acknowledged_through_sigkill(kafka: KafkaBroker) -> None:
    create_topics(kafka.bootstrap_servers)
    address, values = kafka.bootstrap_servers, [str(number).encode() for number in range(50)]
    first = asyncio.run(produce(kafka, values))
    kafka.kill()
    assert not kafka.is_running
    kafka.start()
    assert kafka.bootstrap_servers == address
    assert asyncio.run(consume(kafka, first, len(values))) == values


def test_kafka_starts_again_after_an_orderly_stop_and_leaves_no_process(kafka: KafkaBroker) -> None:
    create_topics(kafka.bootstrap_servers)
    assert kafka.pid is not None
    process = psutil.Process(kafka.pid)
    assert listening_addresses(process.pid) <= {"127.0.0.1", "::ffff:127.0.0.1"}
    kafka.stop()
    assert not process.is_running()
    assert kafka.has_ended_well
    kafka.start()
    assert create_topics(kafka.bootstrap_servers) == ()


def test_kafka_starts_whatever_its_cluster_id_begins_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beginning_with_a_hyphen = uuid.UUID(bytes=b"\xf8" + bytes(15))
    monkeypatch.setattr("gridpulse_platform.kafka.uuid.uuid4", lambda: beginning_with_a_hyphen)
    with KafkaBroker(tmp_path) as broker:
        assert broker.is_running


def test_topics_come_from_the_contract_and_drift_is_undone(kafka: KafkaBroker) -> None:
    create_topics(kafka.bootstrap_servers)

    async def drift_and_look(change: dict[str, str] | None) -> dict[str, str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
        await admin.start()
        try:
            if change is not None:
                await admin.alter_configs([ConfigResource("TOPIC", _TOPIC, configs=change)])
            described = {topic["topic"]: topic for topic in await admin.describe_topics()}
            for topic in load_topics():
                assert len(described[topic.name]["partitions"]) == topic.partitions
            answers = await admin.describe_configs([ConfigResource("TOPIC", _TOPIC)])
            entries = answers[0].to_object()["resources"][0]["config_entries"]
            return {entry["config_names"]: entry["config_value"] for entry in entries}
        finally:
            await admin.close()

    wanted = next(topic for topic in load_topics() if topic.name == _TOPIC).config | {"min.insync.replicas": "1"}
    assert asyncio.run(drift_and_look(None)).items() >= wanted.items()
    assert asyncio.run(drift_and_look({"retention.ms": "1000"}))["retention.ms"] == "1000"
    assert create_topics(kafka.bootstrap_servers) == (_TOPIC,)
    assert asyncio.run(drift_and_look(None)).items() >= wanted.items()
    assert create_topics(kafka.bootstrap_servers) == ()


@contextlib.contextmanager
def connected(node: CassandraNode) -> Generator[Session]:
    with open_session(
        [node.contact_points], port=node.port, local_datacenter=node.local_datacenter, wait_seconds=30
    ) as session:
        yield session


def test_cassandra_keeps_what_it_acknowledged_through_sigkill(cassandra: CassandraNode) -> None:
    port = cassandra.port
    acknowledged = 0
    has_written = threading.Event()
    with connected(cassandra) as session:
        session.execute("CREATE KEYSPACE kill WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
        session.execute("CREATE TABLE kill.numbers (one int, number int, text text, PRIMARY KEY (one, number))")
        cassandra.nodetool("flush", "system_schema")

        def write() -> None:
            nonlocal acknowledged
            with contextlib.suppress(Exception):  # whatever the driver says when the node is gone
                while True:
                    session.execute(
                        "INSERT INTO kill.numbers (one, number, text) VALUES (1, %s, %s)", (acknowledged, "x" * 500)
                    )
                    acknowledged += 1
                    if acknowledged == 200:
                        has_written.set()

        writer = threading.Thread(target=write)
        writer.start()
        assert has_written.wait(60)
        cassandra.kill()
        writer.join(60)
        assert not writer.is_alive()
    cassandra.start()
    assert cassandra.port == port
    with connected(cassandra) as session:
        numbers = {row.number for row in session.execute("SELECT number FROM kill.numbers WHERE one = 1")}
    assert numbers >= set(range(acknowledged))


def test_cassandra_starts_again_after_an_orderly_stop_and_leaves_no_process(cassandra: CassandraNode) -> None:
    assert cassandra.pid is not None
    process = psutil.Process(cassandra.pid)
    assert listening_addresses(process.pid) <= {"127.0.0.1", "::ffff:127.0.0.1"}
    cassandra.stop()
    assert not process.is_running()
    assert cassandra.has_ended_well
    cassandra.start()
    assert "UN  127.0.0.1" in cassandra.nodetool("status")
    with pytest.raises(PlatformError, match="nonsense"):
        cassandra.nodetool("nonsense")


def test_a_taken_port_is_a_failure_that_names_who_holds_it(kafka: KafkaBroker, tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=f"cannot listen on port {kafka.port}: process {kafka.pid} "):
        KafkaBroker(tmp_path, port=kafka.port).start()
