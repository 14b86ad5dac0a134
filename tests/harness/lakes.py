"""A small lake as the archive leaves it, without a broker: for tests of what reads it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from pyspark.sql import SparkSession

from gridpulse_contract.models import Event
from gridpulse_ingester.batch import Message
from gridpulse_spark.frames import make_frame
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.layout import MODELS, STAGING, file_name
from gridpulse_spark.lake.manifest import Manifest, OffsetRange
from gridpulse_spark.lake.manifests import write_manifest
from gridpulse_spark.transforms.lake import column_types, lake_rows

__all__ = ["make_lake"]

_MESSAGE: Final = (
    "key binary, value binary, partition int, offset bigint, timestamp timestamp, "
    "headers array<struct<key: string, value: binary>>"
)


def make_lake(session: SparkSession, root: str, hours: Mapping[datetime, Sequence[Event]]) -> LakeFiles:
    """A lake of these hours of append time, which must follow on one another, all in one partition."""
    files = LakeFiles(session, root)
    files.claim()
    for signal in MODELS:
        start = 0
        for hour in sorted(hours):
            events = [event for event in hours[hour] if event.signal == signal]
            start = _write_hour(session, files, signal, hour, events, start)
    return files


def _write_hour(
    session: SparkSession, files: LakeFiles, signal: str, hour: datetime, events: Sequence[Event], start: int
) -> int:
    end = start + len(events)
    messages = [
        (message.key(), message.value(), 0, offset, hour, message.headers())
        for offset, message in enumerate((Message(event, event.updated_at) for event in events), start)
    ]
    rows = lake_rows(make_frame(session, messages, _MESSAGE), MODELS[signal])
    size_bytes = 0
    manifest = Manifest(
        signal=signal,
        topic=MODELS[signal].topic,
        cluster_id="made-up",
        hour=hour,
        columns=column_types(rows.schema),
        partitions={},
    )
    if events:
        rows.coalesce(1).write.option("compression", "zstd").parquet(files.uri(f"{STAGING}/made"))
        (name,) = (name for name in files.names(f"{STAGING}/made") if name.endswith(".parquet"))
        path = f"{manifest.folder}/{file_name(0, start, end)}"
        files.move(f"{STAGING}/made/{name}", path)
        size_bytes = files.size_bytes(path) or 0
        files.delete(f"{STAGING}/made")
    offsets = OffsetRange(start=start, end=end, size_bytes=size_bytes)
    write_manifest(files, manifest.model_copy(update={"partitions": {0: offsets}}), STAGING)
    return end
