"""Brings a cluster's topics to what the contract says."""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final, Protocol

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAlreadyExistsError, for_code

from gridpulse_contract.topics import Topic, load_topics

__all__ = ["apply_topics", "broker_count"]

_REQUEST_TIMEOUT_MS: Final = 10_000
_MIN_IN_SYNC: Final = "min.insync.replicas"


@contextlib.asynccontextmanager
async def _connected(bootstrap_servers: str) -> AsyncGenerator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=_REQUEST_TIMEOUT_MS)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def broker_count(bootstrap_servers: str) -> int:
    """Number of brokers that take part in the cluster; 0 where nobody answers."""
    try:
        async with _connected(bootstrap_servers) as admin:
            return len((await admin.describe_cluster())["brokers"])
    except (KafkaConnectionError, OSError, TimeoutError):
        return 0


async def apply_topics(bootstrap_servers: str) -> tuple[str, ...]:
    """Create the contract's topics and undo drift in those that exist; the names of what was created or changed.

    A topic with more partitions than the contract's is left so: Kafka cannot take partitions away. Raises KafkaError.
    """
    async with _connected(bootstrap_servers) as admin:
        brokers = len((await admin.describe_cluster())["brokers"])
        present = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
        wanted = load_topics()
        changed = [
            *await _create(admin, [topic for topic in wanted if topic.name not in present], brokers),
            *await _grow(admin, [topic for topic in wanted if 0 < present.get(topic.name, 0) < topic.partitions]),
            *await _configure(admin, [topic for topic in wanted if topic.name in present], brokers),
        ]
    return tuple(dict.fromkeys(changed))


def _replication(topic: Topic, brokers: int) -> int:
    return min(topic.replication_factor, brokers)


def _config(topic: Topic, brokers: int) -> dict[str, str]:
    """The topic's configuration; in a small cluster, one replica may still be missing while a write succeeds."""
    config = dict(topic.config)
    if _MIN_IN_SYNC in config:
        config[_MIN_IN_SYNC] = str(max(1, min(int(config[_MIN_IN_SYNC]), _replication(topic, brokers) - 1)))
    return config


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic], brokers: int) -> list[str]:
    if not topics:
        return []
    requests = [
        NewTopic(topic.name, topic.partitions, _replication(topic, brokers), topic_configs=_config(topic, brokers))
        for topic in topics
    ]
    response = (await admin.create_topics(requests)).to_object()
    _raise_errors({error["topic"]: error for error in response["topic_errors"]}, TopicAlreadyExistsError)
    return [topic.name for topic in topics]


async def _grow(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[str]:
    if topics:
        await admin.create_partitions({topic.name: NewPartitions(topic.partitions) for topic in topics})
    return [topic.name for topic in topics]


async def _configure(admin: AIOKafkaAdminClient, topics: Sequence[Topic], brokers: int) -> list[str]:
    drifted: list[Topic] = []
    for topic in topics:
        wanted = _config(topic, brokers)
        resource = ConfigResource("TOPIC", topic.name, configs=dict.fromkeys(wanted, ""))
        answers = [
            resource for response in await admin.describe_configs([resource]) for resource in _resources(response)
        ]
        actual = {
            entry["config_names"]: entry["config_value"] for answer in answers for entry in answer["config_entries"]
        }
        if actual != wanted:
            drifted.append(topic)
    if drifted:
        resources = [ConfigResource("TOPIC", topic.name, configs=_config(topic, brokers)) for topic in drifted]
        for response in await admin.alter_configs(resources):
            _raise_errors({resource["resource_name"]: resource for resource in _resources(response)})
    return [topic.name for topic in drifted]


class _Response(Protocol):
    """An answer of the admin protocol, whose fields depend on the request."""

    def to_object(self) -> dict[str, Any]: ...


def _resources(response: _Response) -> list[dict[str, Any]]:
    return response.to_object()["resources"]


def _raise_errors(outcomes: Mapping[str, Mapping[str, Any]], *harmless: type[KafkaError]) -> None:
    for name, outcome in outcomes.items():
        error: type[KafkaError] = for_code(outcome["error_code"])
        if outcome["error_code"] != 0 and error not in harmless:
            raise error(f"{name}: {outcome.get('error_message')}")
