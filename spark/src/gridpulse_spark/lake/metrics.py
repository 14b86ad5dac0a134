"""What the archive tells Prometheus: above all, how close Kafka is to dropping what the lake has not."""

import logging
from datetime import UTC, datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from gridpulse_spark.batch_metrics import push_metrics
from gridpulse_spark.errors import SparkJobError
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.kafka_log import KafkaLog
from gridpulse_spark.lake.layout import HOUR, MODELS
from gridpulse_spark.lake.manifest import Manifest
from gridpulse_spark.lake.manifests import last_manifest

__all__ = ["ArchiveMetrics"]

_log = logging.getLogger(__name__)


class ArchiveMetrics:
    """Metrics of one run, by signal."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._messages = Counter(
            "gridpulse_archive_messages", "Messages archived by this run", ["signal"], registry=self.registry
        )
        self._end = Gauge(
            "gridpulse_archive_end_timestamp_seconds",
            "End of the newest hour of append time that the lake has",
            ["signal"],
            registry=self.registry,
        )
        self._retention = Gauge(
            "gridpulse_archive_kafka_retention_seconds",
            "How long Kafka keeps a message of the topic",
            ["signal"],
            registry=self.registry,
        )

    def count(self, manifest: Manifest) -> None:
        """An hour was archived."""
        self._messages.labels(manifest.signal).inc(manifest.rows)

    def measure(self, files: LakeFiles, log: KafkaLog, through: datetime) -> None:
        """How far the lake is, whether the run that was to reach the hour `through` succeeded or not."""
        try:
            for signal, model in MODELS.items():
                last = last_manifest(files, signal)
                if last or log.oldest_append(model.topic):
                    end = last.hour + HOUR if last else datetime.fromtimestamp(0, UTC)
                else:
                    end = through + HOUR  # there was nothing to archive
                self.set_reach(signal, end, log.retention_seconds(model.topic))
        except SparkJobError as error:
            _log.warning("the archive's lag could not be measured: %s", error)

    def set_reach(self, signal: str, end: datetime, kafka_retention_seconds: float) -> None:
        """The end of the newest hour in the lake, and how long Kafka keeps what is not there yet."""
        self._end.labels(signal).set(end.timestamp())
        self._retention.labels(signal).set(kafka_retention_seconds)

    def push(self, url: str, job: str) -> None:
        """To the Pushgateway, if there is one."""
        push_metrics(self.registry, url, job)
