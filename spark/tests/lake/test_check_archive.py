"""The check at the end of an archive run: it counts files, and believes neither the job nor the manifests."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from pyspark.sql import SparkSession

from gridpulse_platform import KafkaBroker
from gridpulse_spark.checks.archive import check_archive
from gridpulse_spark.errors import CheckFailedError, LakeError
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.kafka_log import open_kafka_log
from gridpulse_spark.lake.manifest import Manifest
from gridpulse_spark.lake.manifests import read_manifest, write_manifest
from harness.appending import append, appended, drop_before
from harness.histories import history, in_order

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(400)]

HOUR: Final = timedelta(hours=1)
POWER: Final = "power-breakdown"


def test_the_files_are_compared_with_kafka(
    spark: SparkSession,
    log: KafkaBroker,
    files: LakeFiles,
    archive: Callable[[datetime], list[Manifest]],
    first_hour: datetime,
) -> None:
    deliveries = in_order(history(3, hours=4))
    half = len(deliveries) // 2
    instants = [first_hour if number < half else first_hour + HOUR for number in range(len(deliveries))]
    append(log.bootstrap_servers, map(appended, deliveries, instants))

    def check(hour: datetime) -> dict[str, int]:
        with open_kafka_log(spark, {"kafka.bootstrap.servers": log.bootstrap_servers}) as opened:
            return check_archive(spark, files, opened, hour)

    archive(first_hour)
    counts = check(first_hour)
    assert sum(counts.values()) == half
    assert counts["dead-letter"] == 0
    with pytest.raises(CheckFailedError, match=r"power-breakdown: partition \d: Kafka has the offsets"):
        check(first_hour + HOUR)  # nobody has archived it
    assert sum(check(first_hour - HOUR).values()) == 0  # nothing was appended then

    archive(first_hour + HOUR)
    assert sum(check(first_hour + HOUR).values()) == len(deliveries) - half
    manifest = read_manifest(files, POWER, first_hour)
    assert manifest
    # What Kafka has dropped since is no longer compared.
    number, offsets = next((number, offsets) for number, offsets in manifest.partitions.items() if offsets.rows > 1)
    drop_before(log.bootstrap_servers, manifest.topic, number, offsets.start + 1)
    assert check(first_hour) == counts
    drop_before(log.bootstrap_servers, manifest.topic, number, offsets.end)
    assert check(first_hour) == counts

    # A file with other rows than its name says, which no size and no chain would show.
    names = [path for path in manifest.files() if f"/p{number}-" in path]
    folder = Path(files.uri(manifest.folder))
    spark.read.parquet(files.uri(names[0])).limit(offsets.rows - 1).coalesce(1).write.parquet(f"{folder}-shorter")
    (shorter,) = Path(f"{folder}-shorter").glob("*.parquet")
    Path(files.uri(names[0])).write_bytes(shorter.read_bytes())
    (folder / f".{Path(names[0]).name}.crc").unlink(missing_ok=True)
    changed = manifest.partitions | {number: offsets.model_copy(update={"size_bytes": shorter.stat().st_size})}
    write_manifest(files, manifest.model_copy(update={"partitions": changed}), "_staging/test")
    with pytest.raises((CheckFailedError, LakeError), match=r"the files have|gaps"):
        check(first_hour)
