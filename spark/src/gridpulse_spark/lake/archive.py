"""Kafka to Parquet, hour by hour of append time: see `gridpulse_spark.lake` for the layout.

An hour is, for each partition, the offsets from the first message appended in it up to the first one after it. They are
given to Spark as they are; nothing is filtered by time. Archiving an hour again changes nothing, and one that was
stopped half-way, or that two processes do at once, ends in the same files: rows of a range of offsets are the same
whoever reads them, and the manifest, which is written last, is the same text.
"""

import json
import logging
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_spark.errors import BadInputError, LakeError
from gridpulse_spark.java import java_errors
from gridpulse_spark.kafka import READ_OPTIONS
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.kafka_log import KafkaLog
from gridpulse_spark.lake.layout import HOUR, MODELS, STAGING, file_name, hour_of
from gridpulse_spark.lake.manifest import Manifest, OffsetRange, check_joins
from gridpulse_spark.lake.manifests import last_manifest, read_manifest, write_manifest
from gridpulse_spark.lake.offsets import written_ranges
from gridpulse_spark.transforms.lake import column_types, lake_rows

__all__ = ["Archive", "check_hour", "last_complete_hour"]

_log = logging.getLogger(__name__)
_GROUP = "gridpulse-archive-to-parquet"  # how names of Spark's consumer groups begin; ACLs are for them


def last_complete_hour(now: datetime, settle: timedelta) -> datetime:
    """The newest hour that ended at least `settle` ago."""
    return hour_of(now - settle) - HOUR


class Archive:
    """Archives every topic up to an hour; `kafka_options` are those of Spark's Kafka source (`kafka.…`)."""

    def __init__(
        self, session: SparkSession, files: LakeFiles, log: KafkaLog, kafka_options: Mapping[str, str]
    ) -> None:
        self._session = session
        self._files = files
        self._log = log
        self._kafka_options = dict(kafka_options)
        # A task reads one partition and so writes one file; without this Spark would sort its rows by partition first.
        session.conf.set("spark.sql.maxConcurrentOutputFileWriters", "1")

    def run(self, through: datetime, *, open_hour: datetime | None = None) -> Iterator[Manifest]:
        """Archive what is missing up to the hour `through`, that one included; gives each new hour's manifest.

        `open_hour` is an hour that is not over yet, if that is wanted too: what the log has of it so far.

        Raises LakeError when Kafka no longer has what comes next, when the hours do not join, and when the lake's
        folder is not ours; then the hours before are there and nothing else was changed.
        """
        self._files.claim()
        self._files.clean_staging()
        for signal in MODELS:
            yield from self._run_signal(signal, through, open_hour)

    def _run_signal(self, signal: str, through: datetime, open_hour: datetime | None) -> Iterator[Manifest]:
        previous, first_hour = last_manifest(self._files, signal), None
        if previous and previous.is_open:
            first_hour, previous = previous.hour, read_manifest(self._files, signal, previous.hour - HOUR)
        hour = first_hour or (previous.hour + HOUR if previous else self._first_hour(signal))
        if hour is None or hour > through:
            _log.info("%s: nothing to archive up to %s", signal, _hour_text(through))
            return
        while hour <= through:
            started = time.monotonic()
            previous = self._archive_hour(signal, hour, previous, is_open=hour == open_hour)
            _log.info(
                "%s %s: %d messages in %.1f s", signal, _hour_text(hour), previous.rows, time.monotonic() - started
            )
            yield previous
            hour += HOUR

    def _first_hour(self, signal: str) -> datetime | None:
        oldest = self._log.oldest_append(MODELS[signal].topic)
        return hour_of(oldest) if oldest else None

    def _archive_hour(self, signal: str, hour: datetime, previous: Manifest | None, *, is_open: bool) -> Manifest:
        ranges = self._resolve(signal, hour, previous)
        staging = f"{STAGING}/{signal}-{hour:%Y%m%dT%H}-{uuid.uuid4().hex}"
        rows = self._rows(signal, ranges)
        try:
            sizes = self._stage(rows, staging, ranges)
            manifest = Manifest(
                signal=signal,
                topic=MODELS[signal].topic,
                cluster_id=self._log.cluster_id(),
                hour=hour,
                is_open=is_open,
                columns=column_types(rows.schema),
                partitions={
                    number: OffsetRange(start=start, end=end, size_bytes=sizes.get(number, 0))
                    for number, (start, end) in sorted(ranges.items())
                },
            )
            self._publish(staging, manifest)
        finally:
            self._files.delete(staging)
        return manifest

    def _resolve(self, signal: str, hour: datetime, previous: Manifest | None) -> dict[int, tuple[int, int]]:
        """Offsets [start, end) by partition."""
        topic = MODELS[signal].topic
        starts, ends = self._log.span(topic, hour, hour + HOUR)
        beginning = self._log.beginning(topic)
        if previous is None:
            return {number: (beginning[number], ends[number]) for number in ends}
        if previous.cluster_id != self._log.cluster_id():
            raise LakeError(
                f"{previous.folder} was archived from the Kafka cluster {previous.cluster_id}, but this is "
                f"{self._log.cluster_id()}: its offsets mean nothing there. Archive it to a lake of its own."
            )
        for number, end in previous.ends.items():
            if beginning.get(number, 0) > end:
                raise LakeError(
                    f"Kafka no longer has the offsets {end} to {beginning[number] - 1} of {topic}, partition {number}, "
                    f"which come after {previous.folder}: {beginning[number] - end} messages are lost to the lake."
                )
        # A partition that is new since then starts where its log does.
        starts = {number: starts[number] if number in previous.ends else beginning[number] for number in ends}
        check_joins(previous.folder, previous.ends, starts)
        return {number: (starts[number], ends[number]) for number in ends}

    def _rows(self, signal: str, ranges: Mapping[int, tuple[int, int]]) -> DataFrame:
        topic = MODELS[signal].topic

        def offsets(index: int) -> str:
            return json.dumps({topic: {str(number): both[index] for number, both in ranges.items()}})

        messages = (
            self._session.read.format("kafka")
            .options(**self._kafka_options)
            .options(**READ_OPTIONS)
            .option("groupIdPrefix", _GROUP)
            .option("assign", json.dumps({topic: sorted(ranges)}))
            .option("startingOffsets", offsets(0))
            .option("endingOffsets", offsets(1))
            .option("failOnDataLoss", "true")
            .option("includeHeaders", "true")
            .load()
        )
        return lake_rows(messages, MODELS[signal])

    def _stage(self, rows: DataFrame, staging: str, ranges: Mapping[int, tuple[int, int]]) -> dict[int, int]:
        """Write the rows aside, a file for each partition that has some; returns the sizes in bytes, by partition."""
        expected = {number: both for number, both in ranges.items() if both[1] > both[0]}
        if not expected:
            return {}
        uri = self._files.uri(staging)
        with java_errors(LakeError, f"The hour could not be written to {uri}"):
            rows.withColumn("_p", F.col("partition")).write.partitionBy("_p").parquet(uri)
            found = written_ranges(self._session.read.parquet(uri))
        if found != expected:
            raise LakeError(f"Kafka gave other offsets than it announced: {found} in place of {expected}.")
        sizes: dict[int, int] = {}
        for number, (start, end) in expected.items():
            folder = f"{staging}/_p={number}"
            (name,) = (name for name in self._files.names(folder) if name.endswith(".parquet"))
            self._files.move(f"{folder}/{name}", f"{staging}/{file_name(number, start, end)}")
            sizes[number] = self._files.size_bytes(f"{staging}/{file_name(number, start, end)}") or 0
        return sizes

    def _publish(self, staging: str, manifest: Manifest) -> None:
        present = read_manifest(self._files, manifest.signal, manifest.hour)
        if present is None or present.is_open:
            for path, offsets in manifest.files().items():
                staged = f"{staging}/{path.rpartition('/')[2]}"
                # A run before this one, or beside it, may have put the same file there, and somebody read it.
                if not self._files.place(staged, path) and self._files.size_bytes(path) != offsets.size_bytes:
                    self._files.move(staged, path)
            write_manifest(self._files, manifest, staging)
            self._drop_others(manifest)
        elif present.ends != manifest.ends:
            raise LakeError(f"{manifest.folder} was archived meanwhile with other offsets: {present.ends}.")

    def _drop_others(self, manifest: Manifest) -> None:
        """Delete the files of the same hour as it was when it was open."""
        own = {path.rpartition("/")[2] for path in manifest.files()}
        for name in self._files.names(manifest.folder):
            if name.endswith(".parquet") and name not in own:
                self._files.delete(f"{manifest.folder}/{name}")


def check_hour(through: datetime, now: datetime, settle: timedelta) -> None:
    """Raise BadInputError unless the hour ended at least `settle` before `now`."""
    if through > last_complete_hour(now, settle):
        raise BadInputError(
            f"The hour {_hour_text(through)} is not over, or ended less than {settle.total_seconds():g} s ago."
        )


def _hour_text(hour: datetime) -> str:
    return f"{hour:%Y-%m-%dT%HZ}"
