"""What the streaming job tells Prometheus, from the progress of its queries.

Structured Streaming commits no offsets to a consumer group, so its lag is known only here.
"""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it
from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
    StreamingQueryListener,
)

from gridpulse_spark.transforms.rows import DEAD_LETTER

__all__ = ["OBSERVATION", "ProgressListener", "StreamingMetrics", "observed_columns"]

OBSERVATION: Final = "batch"
_BATCH_SECONDS: Final = (0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)


class StreamingMetrics:
    """Every metric of the job, by signal or topic."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, documentation: str, label: str) -> Gauge:
            return Gauge(f"gridpulse_streaming_{name}", documentation, [label], registry=registry)

        self.input_rows = Counter(
            "gridpulse_streaming_input_rows", "Messages read from Kafka", ["signal"], registry=registry
        )
        self.dead_letters = Counter(
            "gridpulse_streaming_dead_letters", "Messages that were no events", ["signal"], registry=registry
        )
        self.batch_duration = Histogram(
            "gridpulse_streaming_batch_duration_seconds",
            "Time of a batch, from planning to commit",
            ["signal"],
            buckets=_BATCH_SECONDS,
            registry=registry,
        )
        self.offsets_behind = gauge("offsets_behind_latest", "Messages in Kafka that are not yet written", "topic")
        self.newest_at = gauge("newest_at_timestamp_seconds", "Newest start of an interval that was written", "signal")
        self.newest_updated_at = gauge(
            "newest_updated_at_timestamp_seconds", "Newest revision that was written", "signal"
        )
        self.last_progress = gauge(
            "last_progress_timestamp_seconds", "When the query last ended a batch, or found nothing to do", "signal"
        )


def observed_columns() -> list[Column]:
    """Aggregates over the rows of `to_rows` that `ProgressListener` reads."""
    is_event = F.col(DEAD_LETTER).isNull()
    return [
        F.count(DEAD_LETTER).alias("dead_letters"),
        F.max(F.when(is_event, F.unix_millis("at"))).alias("newest_at_ms"),
        F.max(F.when(is_event, F.unix_millis("updated_at"))).alias("newest_updated_at_ms"),
    ]


class ProgressListener(StreamingQueryListener):
    """Turns the events of queries that are named after their signal into metrics."""

    def __init__(self, metrics: StreamingMetrics) -> None:
        self._metrics = metrics
        self._signal_by_query: dict[str, str] = {}
        self._newest_ms: dict[tuple[str, str], int] = {}

    def onQueryStarted(self, event: QueryStartedEvent) -> None:  # noqa: N802 - Spark's name
        """Remember the query's name: later events have only its id."""
        self._signal_by_query[str(event.id)] = event.name or str(event.id)

    def onQueryProgress(self, event: QueryProgressEvent) -> None:  # noqa: N802 - Spark's name
        """Count a batch."""
        self.record(json.loads(event.progress.json))

    def onQueryIdle(self, event: QueryIdleEvent) -> None:  # noqa: N802 - Spark's name
        """Note that the query lives, though it has nothing to do."""
        self._metrics.last_progress.labels(self._signal_by_query[str(event.id)]).set(time.time())

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:  # noqa: N802 - Spark's name
        """Nothing: the driver itself watches for this."""

    def record(self, progress: Mapping[str, Any]) -> None:
        """Count a batch, given Spark's own description of it."""
        metrics, signal = self._metrics, str(progress["name"])
        metrics.last_progress.labels(signal).set(_seconds(progress["timestamp"]))
        metrics.input_rows.labels(signal).inc(progress["numInputRows"])
        if "triggerExecution" in progress["durationMs"]:
            metrics.batch_duration.labels(signal).observe(progress["durationMs"]["triggerExecution"] / 1000)
        for source in progress["sources"]:
            for topic, behind in _offsets_behind(source).items():
                metrics.offsets_behind.labels(topic).set(behind)
        observed: Mapping[str, Any] = progress.get("observedMetrics", {}).get(OBSERVATION, {})
        metrics.dead_letters.labels(signal).inc(observed.get("dead_letters", 0))
        for gauge, name in ((metrics.newest_at, "newest_at_ms"), (metrics.newest_updated_at, "newest_updated_at_ms")):
            if observed.get(name) is not None:
                newest = max(self._newest_ms.get((signal, name), observed[name]), observed[name])
                self._newest_ms[signal, name] = newest
                gauge.labels(signal).set(newest / 1000)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


def _offsets_behind(source: Mapping[str, Any]) -> dict[str, int]:
    end: Mapping[str, Mapping[str, int]] = source.get("endOffset") or {}
    latest: Mapping[str, Mapping[str, int]] = source.get("latestOffset") or {}
    return {
        topic: sum(offset - end.get(topic, {}).get(partition, 0) for partition, offset in offsets.items())
        for topic, offsets in latest.items()
    }
