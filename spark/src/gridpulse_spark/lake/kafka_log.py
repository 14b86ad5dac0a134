"""Where an hour lies in Kafka's log: Kafka's own admin client, configured as Spark's reads are."""

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from pyspark.sql import SparkSession

from gridpulse_spark.errors import KafkaUnavailableError
from gridpulse_spark.java import java_errors

__all__ = ["KafkaLog", "open_kafka_log"]

_TIMEOUT_MS: Final = 30_000
Offsets = dict[int, int]


class KafkaLog:
    """Offsets by topic, partition and time. Raises KafkaUnavailableError when the broker does not answer."""

    def __init__(self, jvm: Any, admin: Any) -> None:
        self._jvm = jvm
        self._admin = admin
        self._cluster_id: str | None = None
        self._spec: Any = jvm.org.apache.kafka.clients.admin.OffsetSpec

    def cluster_id(self) -> str:
        """Identity of the cluster, whose offsets mean nothing in another; asked for once."""
        if self._cluster_id is None:
            self._cluster_id = str(self._ask(self._admin.describeCluster().clusterId()))
        return self._cluster_id

    def beginning(self, topic: str) -> Offsets:
        """The oldest offset that is kept, by partition."""
        return {partition: found.offset() for partition, found in self._list(topic, self._spec.earliest()).items()}

    def end(self, topic: str) -> Offsets:
        """The offset that the next message will have, by partition."""
        return {partition: found.offset() for partition, found in self._list(topic, self._spec.latest()).items()}

    def first_since(self, topic: str, instant: datetime) -> Offsets:
        """The first offset appended at or after `instant`; a partition without one is left out."""
        found = self._list(topic, self._spec.forTimestamp(int(instant.timestamp() * 1000)))
        return {partition: one.offset() for partition, one in found.items() if one.offset() >= 0}

    def span(self, topic: str, start: datetime, end: datetime) -> tuple[Offsets, Offsets]:
        """By partition the first offset appended at or after `start`, and that at or after `end`; else the log's end.

        The log's end is asked for first: what is appended after that answer belongs to later than what has ended.
        """
        log_end = self.end(topic)
        return {**log_end, **self.first_since(topic, start)}, {**log_end, **self.first_since(topic, end)}

    def oldest_append(self, topic: str) -> datetime | None:
        """When the oldest message that is kept was appended; None where there is none."""
        found = self._list(topic, self._spec.forTimestamp(0)).values()
        times = [one.timestamp() for one in found if one.offset() >= 0]
        return datetime.fromtimestamp(min(times) / 1000, UTC) if times else None

    def retention_seconds(self, topic: str) -> float:
        """How long a message is kept; infinite where there is no limit."""
        config: Any = self._jvm.org.apache.kafka.common.config
        resource = config.ConfigResource(getattr(config, "ConfigResource$Type").TOPIC, topic)
        found = self._ask(self._admin.describeConfigs([resource]).all())[resource]
        milliseconds = int(found.get("retention.ms").value())
        return milliseconds / 1000 if milliseconds >= 0 else math.inf

    def _list(self, topic: str, spec: Any) -> Mapping[int, Any]:
        asked: Any = self._jvm.java.util.HashMap()
        topics = self._ask(self._admin.describeTopics([topic]).allTopicNames())
        partitions = [int(partition.partition()) for partition in topics[topic].partitions()]
        keys = {number: self._jvm.org.apache.kafka.common.TopicPartition(topic, number) for number in partitions}
        for key in keys.values():
            asked.put(key, spec)
        answer = self._ask(self._admin.listOffsets(asked).all())
        return {number: answer[key] for number, key in keys.items()}

    def _ask(self, future: Any) -> Any:
        with java_errors(KafkaUnavailableError, "Kafka does not answer"):
            return future.get()


@contextmanager
def open_kafka_log(session: SparkSession, options: Mapping[str, str]) -> Generator[KafkaLog]:
    """`options` are those of Spark's Kafka source: each begins with `kafka.`."""
    gateway: Any = session
    jvm: Any = gateway._jvm
    properties: Any = jvm.java.util.Properties()
    properties.put("default.api.timeout.ms", str(_TIMEOUT_MS))
    properties.put("request.timeout.ms", str(_TIMEOUT_MS // 3))
    for name, value in options.items():
        properties.put(name.removeprefix("kafka."), value)
    with java_errors(KafkaUnavailableError, "Kafka can't be reached"):
        admin = jvm.org.apache.kafka.clients.admin.AdminClient.create(properties)
    try:
        yield KafkaLog(jvm, admin)
    finally:
        admin.close()
