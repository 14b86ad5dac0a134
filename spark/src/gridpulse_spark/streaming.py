"""Kafka to Cassandra: one query for each signal, watched together."""

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it
from pyspark.sql.streaming.query import StreamingQuery

from gridpulse_contract.models import EVENT_MODELS, Signal
from gridpulse_spark.checkpoint import checkpoint_conf
from gridpulse_spark.errors import QueryEndedError
from gridpulse_spark.frames import without_past
from gridpulse_spark.kafka import READ_OPTIONS, kafka_options
from gridpulse_spark.monitoring import OBSERVATION, observed_columns
from gridpulse_spark.settings import StreamingSettings
from gridpulse_spark.sinks import connector_conf, write_dead_letters, write_table
from gridpulse_spark.transforms.rows import DEAD_LETTER, to_rows, valid_rows
from gridpulse_spark.transforms.signals import TRANSFORMS

__all__ = ["CHECKPOINT_VERSION", "JOB", "SignalQuery", "run_queries", "spark_conf"]

JOB: Final = "stream-to-cassandra"
CHECKPOINT_VERSION: Final = "v1"

_log = logging.getLogger(__name__)
_WATCH_SECONDS: Final = 0.25
_STUCK_STOP_SECONDS: Final = 5
_COMMIT_POLL_SECONDS: Final = 0.02
_KAFKA_TIMEOUT_MS: Final = "30000"
_LETTERS: Final = "letters"


def spark_conf(settings: StreamingSettings) -> dict[str, str]:
    """Spark settings of the job that come from its own settings, or that its plans need."""
    return {
        **connector_conf(settings),
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.streaming.stopTimeout": f"{_STUCK_STOP_SECONDS}s",
        # A batch is kept for a moment only: compressing it would cost more than it saves.
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        **checkpoint_conf(settings.checkpoint_location),
    }


class SignalQuery:
    """The query of one signal: its topic, read once, to its tables and the dead letters."""

    def __init__(self, session: SparkSession, signal: Signal, checkpoint: str, settings: StreamingSettings) -> None:
        self._signal = signal
        self._settings = settings
        self._kafka = kafka_options(settings)
        self._may_write = threading.Lock()
        self._batch_since: float | None = None  # monotonic seconds
        self._written_batch: int | None = None
        self._query = self._start(session, checkpoint)

    def end_reason(self) -> str | None:
        """Why the query ended by itself or will never end, None while it is well."""
        if not self._query.isActive:
            return f"The query of {self._signal} ended: {self._query.exception() or 'without an error'}"
        since = self._batch_since
        if since is not None and time.monotonic() - since > self._settings.batch_timeout_seconds:
            return (
                f"The query of {self._signal} has written at one batch for more than "
                f"{self._settings.batch_timeout_seconds:g} s."
            )
        return None

    def stop(self, deadline: float) -> None:
        """Stop after the batch that is being written is committed, or in the midst of it at `deadline`.

        Neither loses anything: a batch that is not committed is written again after a restart. `deadline` is in
        monotonic seconds.
        """
        _log.info("the query of %s stops after its batch", self._signal)
        is_written = self._may_write.acquire(timeout=max(0.0, deadline - time.monotonic()))
        if not (is_written and self._commits_until(deadline)):
            _log.warning("the query of %s is stopped in the midst of a batch", self._signal)
        try:
            self._query.stop()
        except Py4JJavaError as error:
            # Some waits can't be interrupted: the Cassandra driver's for a schema, when its node dies meanwhile, never
            # ends. The thread is a daemon's, so the process can end without it.
            _log.warning("the query of %s does not stop: %s", self._signal, error)

    def _commits_until(self, deadline: float) -> bool:
        """Whether Spark, which commits a batch only after it was written, has committed the last one in time."""
        while self._written_batch is not None and self._query.isActive:
            progress = self._query.lastProgress
            if progress is not None and _committed_batch(progress) >= self._written_batch:
                break
            if time.monotonic() >= deadline:
                return False
            time.sleep(_COMMIT_POLL_SECONDS)
        return True

    def _start(self, session: SparkSession, checkpoint: str) -> StreamingQuery:
        settings = self._settings
        messages = (
            session.readStream.format("kafka")
            .options(**self._kafka)
            .option("kafka.default.api.timeout.ms", _KAFKA_TIMEOUT_MS)
            .option("kafkaConsumer.pollTimeoutMs", _KAFKA_TIMEOUT_MS)
            .options(**READ_OPTIONS)
            .option("subscribe", EVENT_MODELS[self._signal].topic)
            .option("groupIdPrefix", f"gridpulse-{JOB}-{self._signal}")
            .option("startingOffsets", "earliest")
            .option("failOnDataLoss", "true")
            .option("maxOffsetsPerTrigger", settings.max_offsets_per_trigger)
            .option("includeHeaders", "true")
            .load()
        )
        # Every task compiles the projection of `to_rows` again, which costs more than a small batch's rows do: no more
        # tasks than run at once.
        messages = messages.coalesce(session.sparkContext.defaultParallelism)
        rows = to_rows(messages, self._signal).observe(OBSERVATION, *observed_columns())
        return (
            rows.writeStream.queryName(self._signal.value)
            .option("checkpointLocation", f"{checkpoint}/{self._signal}")
            .trigger(processingTime=f"{settings.trigger_interval_ms} milliseconds")
            .foreachBatch(self._write_batch)
            .start()
        )

    def _write_batch(self, batch: DataFrame, batch_id: int) -> None:
        # Never wait here: `stop` may hold the lock while it waits for this very call to end.
        if not self._may_write.acquire(blocking=False):
            raise QueryEndedError("The query is being stopped.")
        self._batch_since = time.monotonic()
        try:
            self._write(batch)
            self._written_batch = batch_id
        finally:
            self._batch_since = None
            self._may_write.release()

    def _write(self, batch: DataFrame) -> None:
        keyspace = self._settings.keyspace
        first, *others = TRANSFORMS[self._signal].tables
        rows = batch.cache()
        try:
            # Above the cache: a task that fails after it has filled it is tried again, and reads all rows once more.
            counted = valid_rows(rows.observe(_LETTERS, F.count(DEAD_LETTER)), first)
            write_table(without_past(counted), keyspace, first.name)
            for table in others:
                write_table(valid_rows(rows, table), keyspace, table.name)
            # Hardly any batch has one, and looking for them is a job of its own.
            if _observed(counted, _LETTERS) > 0:
                write_dead_letters(rows, self._kafka)
        finally:
            rows.unpersist()


def _committed_batch(progress: Mapping[str, Any]) -> int:
    """The last batch that was committed when a query made this progress: where it had nothing to do, the one before."""
    return int(progress["batchId"]) - ("addBatch" not in progress["durationMs"])


def _observed(rows: DataFrame, name: str) -> int:
    """The one number that was observed of the plan of `rows`, once all that it gives `without_past` is read."""
    # Not by Spark's Observation: it listens for the end of queries, and asks even one that failed for its plan, which
    # asks a Cassandra that is gone for its schema, for ever.
    query: Any = rows
    return int(query._jdf.queryExecution().observedMetrics().apply(name).getLong(0))


def run_queries(
    session: SparkSession, settings: StreamingSettings, checkpoint: str, should_stop: threading.Event
) -> None:
    """Run a query for each signal until `should_stop`; raises QueryEndedError when one ends by itself or gets stuck."""
    queries = [SignalQuery(session, signal, checkpoint, settings) for signal in settings.signals]
    _log.info("streaming %s", ", ".join(settings.signals))
    try:
        while not should_stop.wait(_WATCH_SECONDS):
            for query in queries:
                reason = query.end_reason()
                if reason is not None:
                    raise QueryEndedError(reason)
    finally:
        deadline = time.monotonic() + settings.stop_timeout_seconds
        with ThreadPoolExecutor(len(queries)) as at_once:  # each that is stuck takes its time to give up
            stopping = [at_once.submit(query.stop, deadline) for query in queries]
        for stopped in stopping:
            stopped.result()
