"""Kafka to Parquet on a real broker: the right rows, whatever happens to the run."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from pyspark.sql import SparkSession

from gridpulse_contract.models import CarbonIntensityEvent, DeadLetter, Event, Origin, PowerBreakdownEvent, Reason
from gridpulse_platform import KafkaBroker, ensure_jars, wait_until
from gridpulse_spark.errors import LakeError
from gridpulse_spark.lake.archive import Archive
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.kafka_log import open_kafka_log
from gridpulse_spark.lake.manifest import Manifest
from gridpulse_spark.lake.reader import Lake
from harness.appending import Appended, append, appended, drop_before
from harness.histories import Delivery, history, in_order

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(400)]

Run = Callable[..., list[Manifest]]
HOUR: Final = timedelta(hours=1)
HOURS: Final = 3
MODELS: Final = (PowerBreakdownEvent, CarbonIntensityEvent)
JOB: Final = Path(__file__).parents[2] / "jobs" / "archive_to_parquet.py"


@pytest.fixture(scope="module")
def events(log: KafkaBroker, first_hour: datetime) -> list[Event]:
    """What is in the log that is not changed."""
    return append_events(log, first_hour)


def append_events(log: KafkaBroker, first_hour: datetime) -> list[Event]:
    """Append events over three hours, some at the very start and end of one. Two signals stand for all."""
    deliveries = in_order([event for event in history(3, hours=4) if isinstance(event, MODELS)])
    step = HOURS * HOUR / len(deliveries)
    instants = [first_hour + number * step for number in range(len(deliveries))]
    instants[len(instants) // 3] = first_hour + HOUR
    instants[-1] = first_hour + HOURS * HOUR - timedelta(milliseconds=1)
    append(log.bootstrap_servers, map(appended, deliveries, sorted(instants)))
    return [delivery.event for delivery in deliveries]


def files_of(root: str) -> dict[str, tuple[int, int]]:
    """Every file but checksums and what is being written -> size and time of its last change."""
    found = [path for path in Path(root).rglob("*") if path.is_file() and path.suffix != ".crc"]
    return {
        str(path.relative_to(root)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in found
        if "_staging" not in path.parts
    }


def identities(spark: SparkSession, files: LakeFiles, name: str) -> list[str]:
    lake = Lake(spark, files)
    rows: list[Any] = lake.rows(name, lake.manifests(name)).select("event_id").collect()
    return sorted(row.event_id for row in rows)


def expected(events: list[Event], model: type[PowerBreakdownEvent] | type[CarbonIntensityEvent]) -> list[str]:
    return sorted(str(event.event_id()) for event in events if isinstance(event, model))


def test_every_message_is_in_the_folder_of_its_hour(
    spark: SparkSession, log: KafkaBroker, files: LakeFiles, archive: Run, events: list[Event], first_hour: datetime
) -> None:
    manifests = archive(first_hour + 2 * HOUR)
    hours = [first_hour + number * HOUR for number in range(HOURS)]
    for name in ("power-breakdown", "carbon-intensity"):
        assert [one.hour for one in manifests if one.signal == name] == hours
    assert identities(spark, files, "power-breakdown") == expected(events, PowerBreakdownEvent)
    assert identities(spark, files, "carbon-intensity") == expected(events, CarbonIntensityEvent)
    for manifest in manifests:
        rows: list[Any] = Lake(spark, files).rows(manifest.signal, [manifest]).select("append_time").collect()
        assert len(rows) == manifest.rows
        assert all(manifest.hour <= row.append_time.astimezone(UTC) < manifest.hour + HOUR for row in rows)
    with open_kafka_log(spark, {"kafka.bootstrap.servers": log.bootstrap_servers}) as opened:
        for manifest in manifests[HOURS - 1 :: HOURS]:
            assert manifest.ends == opened.end(manifest.topic)
    assert not list(Path(files.root).glob("_staging/*"))


def test_an_hour_is_the_same_whenever_and_however_often_it_is_archived(
    spark: SparkSession, log: KafkaBroker, files: LakeFiles, archive: Run, events: list[Event], first_hour: datetime
) -> None:
    for number in range(HOURS):
        assert {one.hour for one in archive(first_hour + number * HOUR)} == {first_hour + number * HOUR}
    at_once = files_of(files.root)
    assert archive(first_hour + 2 * HOUR) == []
    assert files_of(files.root) == at_once
    late = LakeFiles(spark, f"{files.root}-late")
    options = {"kafka.bootstrap.servers": log.bootstrap_servers}
    with open_kafka_log(spark, options) as opened:
        list(Archive(spark, late, opened, options).run(first_hour + 2 * HOUR))
    assert {path: size for path, (size, _) in files_of(late.root).items()} == {
        path: size for path, (size, _) in at_once.items()
    }
    assert identities(spark, late, "power-breakdown") == expected(events, PowerBreakdownEvent)


def test_what_was_read_is_not_kept(
    spark: SparkSession, archive: Run, events: list[Event], first_hour: datetime
) -> None:
    """Of a long catch-up, the heap would fill with records that nobody reads again."""
    archive(first_hour + 2 * HOUR)
    wait_until(
        lambda: not live_objects(spark, "org.apache.kafka.clients.consumer.ConsumerRecord"), 60, "no record left"
    )


def live_objects(spark: SparkSession, name: str) -> list[str]:
    """The histogram's lines of a class in Spark's JVM, after a garbage collection."""
    context: Any = spark.sparkContext
    gateway = context._gateway
    java = gateway.jvm.java.lang
    no_options = gateway.new_array(java.String, 0)
    arguments, signature = gateway.new_array(java.Object, 1), gateway.new_array(java.String, 1)
    arguments[0], signature[0] = no_options, no_options.getClass().getName()
    call = gateway.new_array(java.Object, 4)
    call[0] = gateway.jvm.javax.management.ObjectName("com.sun.management:type=DiagnosticCommand")
    call[1], call[2], call[3] = "gcClassHistogram", arguments, signature
    # By the interface's method: the server's own class is closed to callers.
    (invoke,) = (
        method
        for method in java.Class.forName("javax.management.MBeanServer").getMethods()
        if method.getName() == "invoke"
    )
    histogram: str = invoke.invoke(java.management.ManagementFactory.getPlatformMBeanServer(), call)
    assert "java.lang.String" in histogram
    return [line for line in histogram.splitlines() if name in line.split()]


def test_an_hour_that_was_open_is_archived_again_until_it_is_over(
    spark: SparkSession, log_to_change: KafkaBroker, files: LakeFiles, first_hour: datetime
) -> None:
    log = log_to_change
    events = append_events(log, first_hour)
    options = {"kafka.bootstrap.servers": log.bootstrap_servers}
    hours = [first_hour + number * HOUR for number in range(HOURS)]
    more = [event.model_copy(update={"zone": "PL"}) for event in events[:4]]
    with open_kafka_log(spark, options) as opened:

        def run(through: datetime, open_hour: datetime | None = None) -> list[bool]:
            found = Archive(spark, files, opened, options).run(through, open_hour=open_hour)
            return [one.is_open for one in found if one.signal == "power-breakdown"]

        assert run(hours[2], open_hour=hours[2]) == [False, False, True]
        append(
            log.bootstrap_servers,
            [appended(Delivery(event, event.updated_at), first_hour + HOURS * HOUR - HOUR / 10**6) for event in more],
        )
        assert run(hours[2], open_hour=hours[2]) == [True]
        assert run(hours[2]) == [False]
        assert run(hours[2]) == []
    everything = [*events, *more]
    assert identities(spark, files, "power-breakdown") == expected(everything, PowerBreakdownEvent)
    names = {path for manifest in Lake(spark, files).manifests("power-breakdown") for path in manifest.files()}
    assert {path for path in files_of(files.root) if "power" in path and path.endswith(".parquet")} == names


def test_two_runs_at_once_leave_each_row_once(
    spark: SparkSession, files: LakeFiles, archive: Run, events: list[Event], first_hour: datetime
) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(archive, [first_hour + 2 * HOUR] * 2))
    assert all(both)
    assert identities(spark, files, "power-breakdown") == expected(events, PowerBreakdownEvent)
    assert identities(spark, files, "carbon-intensity") == expected(events, CarbonIntensityEvent)


def test_a_run_that_is_killed_half_way_is_made_good_by_the_next(
    spark: SparkSession, log: KafkaBroker, files: LakeFiles, archive: Run, events: list[Event], first_hour: datetime
) -> None:
    command = [sys.executable, str(JOB), "--hour", (first_hour + 2 * HOUR).isoformat()]
    environment = {
        **os.environ,
        "GRIDPULSE_ARCHIVE_KAFKA_BOOTSTRAP_SERVERS": log.bootstrap_servers,
        "GRIDPULSE_ARCHIVE_LAKE_LOCATION": files.root,
        "GRIDPULSE_ARCHIVE_JARS_DIR": str(ensure_jars("spark")),
    }
    with subprocess.Popen(command, env=environment) as running:
        wait_until(lambda: list(Path(files.root).glob("_staging/*/*")), 120, "something being written")
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    archive(first_hour + 2 * HOUR)
    assert identities(spark, files, "power-breakdown") == expected(events, PowerBreakdownEvent)
    assert identities(spark, files, "carbon-intensity") == expected(events, CarbonIntensityEvent)


def test_what_is_no_event_keeps_its_bytes(
    spark: SparkSession, log_to_change: KafkaBroker, files: LakeFiles, archive: Run, first_hour: datetime
) -> None:
    log = log_to_change
    bodies = [b"<html>", b"\xff\x00", b"[]", None]
    letter = DeadLetter.of(
        b"{", origin=Origin.INGESTER, reason=Reason.NOT_JSON, detail="no", received_at=first_hour, status=200
    )
    broken = Appended(DeadLetter.topic, first_hour, b"no letter")
    good = Appended(DeadLetter.topic, first_hour, letter.model_dump_json().encode())
    append(log.bootstrap_servers, [Appended(PowerBreakdownEvent.topic, first_hour, body, b"DE") for body in bodies])
    append(log.bootstrap_servers, [good, broken])
    manifests = {one.signal: one for one in archive(first_hour, log)}
    lake = Lake(spark, files)
    rows: list[Any] = lake.rows("power-breakdown", [manifests["power-breakdown"]]).orderBy("offset").collect()
    assert [row.value and bytes(row.value) for row in rows] == bodies
    assert all(row.problem for row in rows)
    letters: list[Any] = lake.rows("dead-letter", [manifests["dead-letter"]]).orderBy("offset").collect()
    assert letters[0].letter.body_base64 == letter.body_base64
    assert (letters[0].letter.status, letters[0].letter.received_at.astimezone(UTC)) == (200, first_hour)
    assert (letters[0].value, bytes(letters[1].value)) == (None, b"no letter")


def test_a_range_that_kafka_has_dropped_is_a_loud_loss(
    log_to_change: KafkaBroker, files: LakeFiles, archive: Run, first_hour: datetime
) -> None:
    log = log_to_change
    append_events(log, first_hour)
    first = {one.signal: one for one in archive(first_hour, log)}["power-breakdown"]
    partition, end = max(first.ends.items(), key=lambda item: item[1])
    drop_before(log.bootstrap_servers, first.topic, partition, end + 1)
    before = files_of(files.root)
    with pytest.raises(LakeError, match=f"no longer has the offsets {end} to {end} .* partition {partition}"):
        archive(first_hour + HOUR, log)
    assert files_of(files.root) == before


def test_hours_that_do_not_join_are_refused(
    files: LakeFiles, archive: Run, events: list[Event], first_hour: datetime
) -> None:
    assert events
    first = archive(first_hour)[0]
    path = Path(files.root) / first.folder / "_manifest.json"
    document = json.loads(path.read_text())
    partition = next(number for number, offsets in document["partitions"].items() if offsets["end"] > 0)
    document["partitions"][partition]["end"] -= 1
    path.write_text(json.dumps(document))
    path.with_name("._manifest.json.crc").unlink()
    with pytest.raises(LakeError, match=r"ends at offset \d+ of partition \d+, but the hour after it starts at"):
        archive(first_hour + HOUR)


def test_another_clusters_log_is_not_joined_on(
    files: LakeFiles, archive: Run, events: list[Event], first_hour: datetime
) -> None:
    assert events
    first = archive(first_hour)[0]
    path = Path(files.root) / first.folder / "_manifest.json"
    path.write_text(path.read_text().replace(first.cluster_id, "another"))
    path.with_name("._manifest.json.crc").unlink()
    with pytest.raises(LakeError, match="was archived from the Kafka cluster another"):
        archive(first_hour + HOUR)


def test_a_folder_that_is_no_lake_is_left_alone(files: LakeFiles, archive: Run, first_hour: datetime) -> None:
    (Path(files.root) / "photos").mkdir(parents=True)
    with pytest.raises(LakeError, match="is no lake of ours"):
        archive(first_hour)
    assert [path.name for path in Path(files.root).iterdir()] == ["photos"]
