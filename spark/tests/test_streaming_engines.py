"""The streaming job as a process, between a real broker and a real node."""

import asyncio
import json
import math
import os
import signal
from collections.abc import Generator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from gridpulse_contract.models import DeadLetter, Granularity, Kind, PowerBreakdownEvent, PowerByMode, Signal
from gridpulse_ingester.batch import Message
from gridpulse_platform import CassandraNode, KafkaBroker, Service, create_topics, loopback, wait_until
from gridpulse_schema import migrate, open_session
from harness.streaming import streaming_driver
from harness.tables import TABLES
from harness.tombstones import tombstone_counts

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

KEYSPACE: Final = "spark_tests"
DEADLINE_SECONDS: Final = 120
ONE_SIGNAL: Final = {"SIGNALS": Signal.POWER_BREAKDOWN.value}  # which stands for all
AT: Final = datetime(2026, 3, 1, 10, tzinfo=UTC)

RawMessage = tuple[bytes, list[tuple[str, bytes]]]
Position = tuple[str | None, int | None, int | None]  # topic, partition, offset


@pytest.fixture(scope="module")
def session(cassandra: CassandraNode) -> Generator[Any]:
    with open_session([cassandra.contact_points], port=cassandra.port) as opened:
        migrate(opened, keyspace=KEYSPACE, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        yield opened


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """While there is a file here, `driver` waits between the last write and the commit of each batch that it begins.

    It also tells that it has nothing to do each time, not only once in ten seconds.
    """
    return tmp_path_factory.mktemp("streaming") / "held"


@pytest.fixture(scope="module")
def driver(kafka: KafkaBroker, cassandra: CassandraNode, session: Any, held: Path) -> Generator[Service]:
    assert session is not None
    create_topics(kafka.bootstrap_servers)
    waiting = f"""
import pathlib, time, gridpulse_spark.streaming as job
held, write_batch, spark_conf = pathlib.Path({str(held)!r}), job.SignalQuery._write_batch, job.spark_conf
job.spark_conf = lambda settings: spark_conf(settings) | {{"spark.sql.streaming.noDataProgressEventInterval": "0"}}
def write_and_wait(*batch):
    waits = held.exists()
    write_batch(*batch)
    while waits and held.exists():
        time.sleep(0.05)
job.SignalQuery._write_batch = write_and_wait
"""
    with streaming_driver(kafka, cassandra, KEYSPACE, held.parent, before=waiting, settings=ONE_SIGNAL) as started:
        yield started


def event(hour: int, *, minute: int = 50, wind: float | None = 5.0, zone: str = "DE") -> PowerBreakdownEvent:
    at = AT + timedelta(hours=hour)
    return PowerBreakdownEvent(
        zone=zone,
        granularity=Granularity.HOURLY,
        at=at,
        updated_at=at + timedelta(minutes=minute),
        kind=Kind.MEASURED,
        raw="{}",
        production_mw=PowerByMode(wind=wind),
        consumption_mw=PowerByMode(),
        import_mw={"FR": None, "NL": 3.0},
    )


def message(content: PowerBreakdownEvent) -> RawMessage:
    made = Message(content, content.updated_at)
    return made.value(), made.headers()


def send(kafka: KafkaBroker, messages: Sequence[RawMessage]) -> list[Position]:
    """Produce the messages; returns where each of them is, since other tests may use the same broker."""

    async def produce() -> list[Position]:
        producer: Any = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all")
        await producer.start()
        try:
            sent = [
                await producer.send_and_wait(PowerBreakdownEvent.topic, value, b"DE", headers=headers)
                for value, headers in messages
            ]
        finally:
            await producer.stop()
        return [(metadata.topic, metadata.partition, metadata.offset) for metadata in sent]

    return asyncio.run(produce())


def dead_letters(kafka: KafkaBroker, positions: Sequence[Position]) -> list[DeadLetter]:
    """The streaming job's dead letters for the messages at `positions`, in that order."""

    async def consume() -> list[DeadLetter]:
        found: dict[Position, DeadLetter] = {}
        consumer: Any = AIOKafkaConsumer(
            DeadLetter.topic, bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while not found.keys() >= set(positions):
                    letter = DeadLetter.model_validate_json((await consumer.getone()).value)
                    found[(letter.source_topic, letter.source_partition, letter.source_offset)] = letter
        finally:
            await consumer.stop()
        return [found[position] for position in positions]

    return asyncio.run(consume())


def stored(session: Any, hour: int, columns: str, table: str = "power_breakdown") -> list[Any]:
    at = AT + timedelta(hours=hour)
    period, value = ("year", at.year) if table == "power_breakdown" else ("month", at.year * 100 + at.month)
    return list(
        session.execute(
            f"SELECT {columns} FROM {KEYSPACE}.{table} "  # noqa: S608
            f"WHERE zone = 'DE' AND granularity = 'hourly' AND {period} = %s AND at = %s",
            (value, at),
        )
    )


def wait_for_revisions(session: Any, hour: int, count: int) -> None:
    wait_until(
        lambda: len(stored(session, hour, "updated_at", "power_breakdown_revisions")) == count,
        DEADLINE_SECONDS,
        f"{count} revisions of hour {hour}",
    )
    # Revisions are written first: only now is the current row certain to be of the newest of them.
    wait_until(lambda: bool(stored(session, hour, "at")), DEADLINE_SECONDS, "the current row")


def test_malformed_messages_become_dead_letters_and_the_flow_goes_on(
    kafka: KafkaBroker, session: Any, driver: Service
) -> None:
    assert driver.is_running
    good = event(0)
    value, headers = message(good)
    wrong = json.loads(value) | {"production_total_mw": "much"}
    bad = [b"<html>", b"\xff\x00", value[:-1], json.dumps(wrong).encode()]
    *refused, _ = send(kafka, [(body, headers) for body in bad] + [(value, []), (value, headers)])
    wait_for_revisions(session, 0, 1)
    letters = dead_letters(kafka, refused)
    assert [letter.body() for letter in letters] == [*bad, value]
    assert {letter.source_topic for letter in letters} == {PowerBreakdownEvent.topic}
    assert "event-id" in letters[-1].detail


def test_an_older_revision_written_later_stays_invisible(kafka: KafkaBroker, session: Any, driver: Service) -> None:
    assert driver.is_running
    old, new = event(1, minute=10, wind=1.0), event(1, minute=20, wind=2.0)
    for number, revision in enumerate((new, old), start=1):
        send(kafka, [message(revision)])
        wait_for_revisions(session, 1, number)
    columns = "prod_wind_mw, updated_at, writetime(prod_wind_mw), writetime(import_mw), writetime(updated_at)"
    (row,) = stored(session, 1, columns)
    timestamp = new.write_timestamp_us()
    assert tuple(row) == (2.0, new.updated_at.replace(tzinfo=None), timestamp, timestamp, timestamp)


def test_a_revision_can_take_a_value_back(kafka: KafkaBroker, session: Any, driver: Service) -> None:
    assert driver.is_running
    for number, revision in enumerate((event(2, minute=10), event(2, minute=20, wind=None)), start=1):
        send(kafka, [message(revision)])
        wait_for_revisions(session, 2, number)

    def current() -> Any:
        (row,) = stored(session, 2, "prod_wind_mw, import_mw, estimation_method, updated_at")
        return row

    wait_until(lambda: math.isnan(current().prod_wind_mw), DEADLINE_SECONDS, "NaN")
    assert math.isnan(current().import_mw["FR"])
    assert (current().import_mw["NL"], current().estimation_method) == (3.0, "")


def test_the_pipeline_writes_no_tombstone(session: Any, cassandra: CassandraNode, driver: Service) -> None:
    assert driver.is_running
    tables = [table for table in TABLES if table.startswith("power")]
    wait_until(lambda: bool(stored(session, 0, "at")), DEADLINE_SECONDS, "a row")
    assert tombstone_counts(cassandra, KEYSPACE, tables) == dict.fromkeys(tables, 0)


@pytest.mark.parametrize(
    "write",
    [
        "INSERT INTO {table} (zone, variant, granularity, year, at, kind) VALUES ('DE', '', 'hourly', 2026, 0, null)",
        "INSERT INTO {table} (zone, variant, granularity, year, at, kind) VALUES ('DE', '', '', 0, 0, '') USING TTL 99",
        "DELETE FROM {table} WHERE zone = 'DE' AND variant = '' AND granularity = 'hourly' AND year = 2026 AND at > 0",
        "DELETE FROM {table} WHERE zone = 'DE' AND variant = '' AND granularity = 'hourly' AND year = 2026",
    ],
)
def test_the_count_of_tombstones_can_fail(session: Any, cassandra: CassandraNode, write: str) -> None:
    keyspace = "tombstone_tests"
    migrate(session, keyspace=keyspace, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
    session.execute(f"TRUNCATE {keyspace}.carbon_intensity")
    session.execute(write.format(table=f"{keyspace}.carbon_intensity"))
    assert tombstone_counts(cassandra, keyspace, ["carbon_intensity"])["carbon_intensity"] > 0


def test_a_stop_is_clean_and_a_restart_reads_only_what_is_new(
    kafka: KafkaBroker, session: Any, driver: Service, held: Path
) -> None:
    """What is written is committed too: nothing, no dead letter either, is written twice."""
    held.touch()
    send(kafka, [message(event(3))])
    wait_for_revisions(session, 3, 1)
    assert driver.pid is not None
    os.kill(driver.pid, signal.SIGTERM)
    wait_until(lambda: "stops after its batch" in driver.log_tail(400), DEADLINE_SECONDS, "the stop")
    held.unlink()
    wait_until(lambda: not driver.is_running, DEADLINE_SECONDS, "the end of the driver")
    assert driver.exit_code == 0
    planned, committed = ({file.name for file in held.parent.rglob(f"{log}/[0-9]*")} for log in ("offsets", "commits"))
    assert planned == committed != set()
    send(kafka, [message(event(4))])
    driver.start()
    wait_for_revisions(session, 4, 1)

    def input_rows() -> list[str]:
        text = loopback.get(driver.health_url or "", timeout=5).text
        return [line for line in text.splitlines() if line.startswith("gridpulse_streaming_input_rows_total{")]

    name = 'gridpulse_streaming_input_rows_total{signal="power-breakdown"}'
    wait_until(lambda: f"{name} 1.0" in input_rows(), DEADLINE_SECONDS, "the metric")


def test_without_its_store_the_job_fails_and_goes_on_after_a_restart(
    kafka: KafkaBroker, cassandra: CassandraNode, session: Any, driver: Service
) -> None:
    cassandra.nodetool("flush", "system_schema")
    cassandra.kill()
    try:
        send(kafka, [message(event(5))])
        wait_until(lambda: not driver.is_running, DEADLINE_SECONDS, "the end of the driver")
    finally:
        cassandra.start()
    assert driver.exit_code == 1
    assert "The query of power-breakdown ended" in driver.log_tail(400)
    driver.start()
    with open_session([cassandra.contact_points], port=cassandra.port) as reopened:  # the other's host is still down
        wait_for_revisions(reopened, 5, 1)


def test_a_batch_that_never_ends_ends_the_job(
    kafka: KafkaBroker, cassandra: CassandraNode, driver: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that waits for ever, and that no interrupt reaches, must not keep the job from being started again."""
    assert driver.is_running  # the topics and tables are there
    monkeypatch.setenv("GRIDPULSE_STREAMING_BATCH_TIMEOUT_SECONDS", "2")
    monkeypatch.setenv("GRIDPULSE_STREAMING_STOP_TIMEOUT_SECONDS", "1")
    stuck = "import time, gridpulse_spark.streaming as job\njob.write_table = lambda *_: time.sleep(3600)"
    with streaming_driver(kafka, cassandra, KEYSPACE, tmp_path, before=stuck) as impatient:
        send(kafka, [message(event(6))])
        wait_until(lambda: not impatient.is_running, DEADLINE_SECONDS, "the end of the driver")
        assert impatient.exit_code == 1
        assert "has written at one batch for more than 2 s" in impatient.log_tail(400)
    log = (tmp_path / "streaming.log").read_text(encoding="utf-8")
    assert log.rindex("is stopped in the midst of a batch") < log.index("does not stop")  # no query waits for another


def test_a_task_that_is_tried_again_sends_its_dead_letters(
    kafka: KafkaBroker, cassandra: CassandraNode, driver: Service, tmp_path: Path
) -> None:
    """It has filled the cache by then, and reads its rows from there: what was observed of them is gone."""
    assert driver.stop() == 0  # it is not needed any more
    tried_again = """
from pyspark import SparkConf
import gridpulse_spark.streaming as job
set_master, write_table = SparkConf.setMaster, job.write_table
SparkConf.setMaster = lambda conf, _: set_master(conf, "local[2,4]")  # a machine alone would not try again
first_time = "java_method('java.lang.System', 'setProperty', 'gridpulse.tried', 'yes') = 'null'"
failing_once = f"IF({first_time}, raise_error('the first try'), true)"
job.write_table = lambda rows, *table: write_table(rows.where(failing_once), *table)
"""
    value, headers = message(event(7))
    bad, _ = send(kafka, [(b"<html>", headers), (value, headers)])  # to be in the batch whose task fails, the first
    with streaming_driver(kafka, cassandra, KEYSPACE, tmp_path, before=tried_again, settings=ONE_SIGNAL) as other:
        with open_session([cassandra.contact_points], port=cassandra.port) as reopened:
            wait_for_revisions(reopened, 7, 1)
        (letter,) = dead_letters(kafka, [bad])
        assert letter.body() == b"<html>"
        assert "the first try" in (tmp_path / "streaming.log").read_text(encoding="utf-8")
        assert other.is_running
