"""Does an hour of the lake hold exactly what Kafka's log has of it?"""

from collections.abc import Iterator
from datetime import datetime

from pyspark.sql import SparkSession

from gridpulse_spark.checks.failing import fail_if_any
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.kafka_log import KafkaLog
from gridpulse_spark.lake.layout import HOUR, MODELS
from gridpulse_spark.lake.manifest import Manifest
from gridpulse_spark.lake.offsets import written_ranges
from gridpulse_spark.lake.reader import Lake

__all__ = ["check_archive"]


def check_archive(session: SparkSession, files: LakeFiles, log: KafkaLog, hour: datetime) -> dict[str, int]:
    """Signal -> rows of the hour, counted in the files. What Kafka has dropped meanwhile can't be compared, and is not.

    Raises CheckFailedError where the files of the hour lack rows, or have others than Kafka's log; LakeError where the
    manifests do not join, or a file is not as its manifest says.
    """
    lake = Lake(session, files)
    problems: list[str] = []
    counts: dict[str, int] = {}
    for signal in MODELS:
        manifest = next((found for found in lake.manifests(signal) if found.hour == hour), None)
        ranges = written_ranges(lake.rows(signal, [manifest])) if manifest else {}
        problems += [f"{signal}: {problem}" for problem in _differences(log, MODELS[signal].topic, hour, ranges)]
        if manifest:
            problems += [f"{signal}: {problem}" for problem in _unlike_manifest(manifest, ranges)]
        counts[signal] = sum(end - start for start, end in ranges.values())
    fail_if_any(problems)
    return counts


def _differences(log: KafkaLog, topic: str, hour: datetime, ranges: dict[int, tuple[int, int]]) -> Iterator[str]:
    starts, ends = log.span(topic, hour, hour + HOUR)
    beginning = log.beginning(topic)
    for partition, end in sorted(ends.items()):
        start = starts[partition]
        found_start, found_end = ranges.get(partition, (end, end))
        is_cut_off = start == beginning[partition] and found_start < start
        if start == end and is_cut_off:
            continue  # Kafka has dropped the whole hour
        if found_end != end or (found_start != start and not is_cut_off):
            yield (
                f"partition {partition}: Kafka has the offsets [{start}, {end}) of {hour:%Y-%m-%dT%HZ}, "
                f"the files have [{found_start}, {found_end})"
            )


def _unlike_manifest(manifest: Manifest, ranges: dict[int, tuple[int, int]]) -> Iterator[str]:
    announced = {
        number: (offsets.start, offsets.end) for number, offsets in manifest.partitions.items() if offsets.rows
    }
    if announced != ranges:
        yield f"the manifest of {manifest.folder} says {announced}, the files have {ranges}"
