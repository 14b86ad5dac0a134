"""The publisher and the commands on a real broker."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from gridpulse_contract.models import DeadLetter, Header, Origin, PowerBreakdownEvent, Reason, parse_event
from gridpulse_ingester.backfill import EXIT_INTERRUPTED, Backfill
from gridpulse_ingester.batch import Batch, read_answer
from gridpulse_ingester.daemon import Daemon
from gridpulse_ingester.errors import BrokerError, DateRangeExceededError
from gridpulse_ingester.kafka import Record, is_reachable, open_consumer, open_producer, read
from gridpulse_ingester.metrics import Metrics
from gridpulse_ingester.once import poll_once
from gridpulse_ingester.poller import Polls, requests_of
from gridpulse_ingester.publisher import AcknowledgedIds, Published, Publisher, Result, recall_acknowledged
from gridpulse_ingester.redrive import redrive
from gridpulse_ingester.settings import IngesterSettings
from gridpulse_ingester.source import Source, Temporality
from gridpulse_ingester.windows import Progress
from gridpulse_platform import KafkaBroker, create_topics, wait_until_async

from .conftest import Canned, FakeApi, MakeSettings, Opened, OpenSource, canned_json

pytestmark = pytest.mark.engines

POWER = PowerBreakdownEvent.topic
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def broker(kafka: KafkaBroker) -> KafkaBroker:
    create_topics(kafka.bootstrap_servers)
    return kafka


@asynccontextmanager
async def publishing(
    settings: IngesterSettings, metrics: Metrics, acknowledged: AcknowledgedIds | None = None
) -> AsyncGenerator[Publisher]:
    producer = await open_producer(settings)
    try:
        memory = acknowledged or AcknowledgedIds(10_000)
        yield Publisher(producer, memory, metrics, settings.delivery_deadline_seconds)
    finally:
        await producer.stop()


async def messages(settings: IngesterSettings, topic: str, zone: str) -> list[Record]:
    """All of a zone's messages."""
    async with open_consumer(settings, [topic]) as consumer:
        partitions = sorted(consumer.assignment())
        starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        records = [record async for record in read(consumer, starts, ends, stall_seconds=20)]
    return [record for record in records if f'"zone":"{zone}"'.encode() in (record.value or b"")]


def ids_in(records: list[Record]) -> set[UUID]:
    return {parse_event(record.value or b"").event_id() for record in records}


def ids_of(batch: Batch) -> set[UUID]:
    return {event.event_id() for event in batch.events}


async def history(opened: Opened, zone: str) -> Batch:
    """The fake API's history of a zone, as a batch."""
    request = requests_of(opened.settings, (zone,))[0]
    return read_answer(await opened.source.fetch(request, Temporality.HISTORY), accept_sandbox=False)


@pytest.fixture
async def opened(broker: KafkaBroker, open_source: OpenSource) -> Opened:
    return await open_source(kafka_bootstrap_servers=broker.bootstrap_servers, signals=("power-breakdown",))


async def test_events_arrive_with_key_and_headers(opened: Opened) -> None:
    batch = await history(opened, "T-EVENTS")
    async with publishing(opened.settings, opened.metrics) as publisher:
        published = await publisher.publish(batch)
    assert published.events == {Result.PUBLISHED: 24}
    records = await messages(opened.settings, POWER, "T-EVENTS")
    assert ids_in(records) == ids_of(batch)
    assert len({record.partition for record in records}) == 1
    by_id = {str(event.event_id()): event for event in batch.events}
    for record in records:
        headers = {name: value.decode() for name, value in record.headers}
        assert set(headers) == set(Header)
        assert by_id[headers[Header.EVENT_ID]] == parse_event(record.value or b"")
        assert headers[Header.SCHEMA] == "power-breakdown.v1"
        assert datetime.fromisoformat(headers[Header.FETCHED_AT]) == batch.fetched_at


async def test_the_age_of_data_is_the_age_of_what_kafka_has(opened: Opened, api: FakeApi) -> None:
    batch = await history(opened, "T-AGE")
    async with publishing(opened.settings, opened.metrics) as publisher:
        await publisher.publish(batch)
    labels = {"zone": "T-AGE", "signal": "power-breakdown", "variant": "", "granularity": "hourly"}
    for name in ("newest_at", "newest_measured_at"):
        newest = opened.metrics.registry.get_sample_value(f"gridpulse_ingester_{name}_timestamp_seconds", labels)
        assert newest == api.newest.timestamp()


async def test_what_is_acknowledged_is_not_sent_again(opened: Opened) -> None:
    batch = await history(opened, "T-AGAIN")
    later = replace(batch, fetched_at=batch.fetched_at + timedelta(minutes=5))
    async with publishing(opened.settings, opened.metrics) as publisher:
        await publisher.publish(batch)
        assert (await publisher.publish(later)).events == {Result.ALREADY_ACKNOWLEDGED: 24}
    assert len(await messages(opened.settings, POWER, "T-AGAIN")) == 24


async def test_a_message_on_its_way_is_not_sent_a_second_time(opened: Opened) -> None:
    batch = await history(opened, "T-TWICE")
    doubled = replace(batch, events=batch.events * 2)
    async with publishing(opened.settings, opened.metrics) as publisher:
        results = await asyncio.gather(*(publisher.publish(doubled) for _ in range(3)))
    assert sum(published.events[Result.PUBLISHED] for published in results) == 24
    assert not any(published.failed for published in results)
    assert len(await messages(opened.settings, POWER, "T-TWICE")) == 24


async def test_a_restart_recalls_what_the_topics_have(opened: Opened) -> None:
    batch = await history(opened, "T-RECALL")
    async with publishing(opened.settings, opened.metrics) as publisher:
        await publisher.publish(batch)
    acknowledged = AcknowledgedIds(100_000)
    await recall_acknowledged(opened.settings, acknowledged)
    assert all(event.event_id() in acknowledged for event in batch.events)
    async with publishing(opened.settings, opened.metrics, acknowledged) as publisher:
        assert (await publisher.publish(batch)).events == {Result.ALREADY_ACKNOWLEDGED: 24}


async def test_only_the_tail_is_recalled(opened: Opened) -> None:
    batch = await history(opened, "T-TAIL")
    async with publishing(opened.settings, opened.metrics) as publisher:
        for event in batch.events:
            await publisher.publish(replace(batch, events=(event,)))
    acknowledged = AcknowledgedIds(100_000)
    await recall_acknowledged(opened.settings.model_copy(update={"seed_messages_per_partition": 4}), acknowledged)
    recalled = [event.event_id() in acknowledged for event in batch.events]
    assert recalled == [False] * 20 + [True] * 4


async def test_the_memory_is_bounded() -> None:
    memory = AcknowledgedIds(2)
    first, second, third = (event.event_id() for event in _three_events())
    memory.add(first)
    memory.add(second)
    assert first in memory  # seen again: now the second is the oldest
    memory.add(third)
    assert (len(memory), first in memory, second in memory, third in memory) == (2, True, False, True)


def _three_events() -> list[PowerBreakdownEvent]:
    base = {"zone": "DE", "granularity": "hourly", "kind": "measured", "raw": "", "updated_at": START}
    empty: dict[str, Any] = {"production_mw": {}, "consumption_mw": {}}
    return [
        PowerBreakdownEvent.model_validate({**base, **empty, "at": START + timedelta(hours=hour)}) for hour in range(3)
    ]


async def test_dead_letters_arrive_and_repeat_only_when_their_bytes_differ(opened: Opened, api: FakeApi) -> None:
    page = Canned(200, b"<html>maintenance</html>", content_type="text/html")
    api.say("power-breakdown/history", page, page, replace(page, body=b"<html>still</html>"))
    async with publishing(opened.settings, opened.metrics) as publisher:
        results = [(await publisher.publish(await history(opened, "T-LETTER"))).letters for _ in range(3)]
    assert results == [{Result.PUBLISHED: 1}, {Result.ALREADY_ACKNOWLEDGED: 1}, {Result.PUBLISHED: 1}]
    records = await messages(opened.settings, DeadLetter.topic, "T-LETTER")
    letters = [DeadLetter.model_validate_json(record.value or b"") for record in records]
    assert {letter.body() for letter in letters} == {b"<html>maintenance</html>", b"<html>still</html>"}
    assert dict(records[0].headers)[Header.SCHEMA] == b"dead-letter.v1"
    labels = {"reason": "not-json", "result": "published"}
    assert opened.metrics.registry.get_sample_value("gridpulse_ingester_dead_letters_total", labels) == 2


async def test_the_largest_dead_letter_fits(opened: Opened, api: FakeApi) -> None:
    api.say("power-breakdown/history", Canned(200, b"\xff" * 900_000, content_type="text/html"))
    async with publishing(opened.settings, opened.metrics) as publisher:
        assert (await publisher.publish(await history(opened, "T-LARGE"))).letters == {Result.PUBLISHED: 1}


async def test_what_a_dead_broker_did_not_acknowledge_is_sent_again(opened: Opened, broker: KafkaBroker) -> None:
    settings = opened.settings.model_copy(update={"delivery_deadline_seconds": 2.0})
    batch = await history(opened, "T-KILL")
    half = replace(batch, events=batch.events[:12])
    async with publishing(settings, opened.metrics) as publisher:
        await publisher.publish(half)
        await asyncio.to_thread(broker.kill)
        try:
            dead = await publisher.publish(batch)
            assert dead.events == {Result.ALREADY_ACKNOWLEDGED: 12, Result.FAILED: 12}
        finally:
            await asyncio.to_thread(broker.start)

        async def sent_again() -> Published | None:
            published = await publisher.publish(batch)
            return None if published.failed else published

        alive = await wait_until_async(sent_again, 60, "a delivery after the restart")
        assert alive is not None
        assert alive.events[Result.ALREADY_ACKNOWLEDGED] >= 12
    records = await messages(opened.settings, POWER, "T-KILL")
    assert ids_in(records) == ids_of(batch)
    labels = {"signal": "power-breakdown", "result": "failed"}
    failed = opened.metrics.registry.get_sample_value("gridpulse_ingester_events_total", labels)
    assert failed is not None
    assert failed >= 12


async def test_a_producer_whose_sender_died_is_replaced(opened: Opened, api: FakeApi) -> None:
    """Nothing but a new producer helps then, and the broker is well all along."""
    settings = opened.settings.model_copy(
        update={"delivery_deadline_seconds": 1.0, "poll_period_seconds": 0.2, "http_port": 0, "zones": ("T-SENDER",)}
    )
    daemon = Daemon(settings, opened.tokens, requests_of(settings, settings.zones), opened.stop)
    running = asyncio.create_task(daemon.run())

    async def has_hours(count: int) -> bool:
        return len(await messages(settings, POWER, "T-SENDER")) == count

    await wait_until_async(lambda: has_hours(24), 60, "the first hours")
    internals: Any = daemon
    internals._producer._sender.sender_task.cancel()
    api.newest += timedelta(hours=1)
    await wait_until_async(lambda: has_hours(25), 60, "the next hour, through a new producer")
    opened.stop.set()
    await asyncio.wait_for(running, 30)


async def test_a_broker_that_is_not_there_is_told(opened: Opened) -> None:
    settings = opened.settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1"})
    with pytest.raises(BrokerError, match=r"no Kafka broker at 127\.0\.0\.1:1"):
        await open_producer(settings)
    with pytest.raises(BrokerError):
        async with open_consumer(settings, [POWER]):
            pass
    memory = AcknowledgedIds(10)
    await recall_acknowledged(settings, memory)
    assert len(memory) == 0


async def test_a_broker_that_is_there_is_reachable(opened: Opened) -> None:
    producer = await open_producer(opened.settings)
    try:
        assert await is_reachable(producer)
    finally:
        await producer.stop()


async def test_once_polls_everything_and_says_what_failed(
    broker: KafkaBroker, open_source: OpenSource, api: FakeApi
) -> None:
    answers = {
        "T-ONCE-BAD": canned_json({"error": "Invalid auth-token"}, 401),
        "T-ONCE-NONE": canned_json({"error": "No recent data"}, 404),
        "T-ONCE-HTML": Canned(200, b"<html>", content_type="text/html"),
    }
    api.rule = lambda _path, query: answers.get(query["zone"])
    opened = await open_source(
        kafka_bootstrap_servers=broker.bootstrap_servers, zones=("T-ONCE", *answers), signals=("power-breakdown",)
    )
    requests = requests_of(opened.settings, opened.settings.zones)
    async with publishing(opened.settings, opened.metrics) as publisher:
        polls = Polls(opened.source, opened.settings)
        summary = await poll_once(requests, polls, publisher, 2, opened.stop)
    assert summary.outcomes == {"ok": 1, "bad-token": 1, "no-data": 1, "unusable": 1}
    assert summary.exit_code == 1
    assert "events: 24 published" in summary.line()
    assert "T-ONCE-BAD power-breakdown hourly (bad-token: 401" in summary.line()
    assert "T-ONCE-NONE" not in summary.line()


class Backfilling:
    """One backfill on the broker with what it said."""

    def __init__(self, opened: Opened, state: Path | None) -> None:
        self.opened = opened
        self.progress = Progress(state)
        self.said: list[str] = []

    async def run(self, zones: tuple[str, ...], days: int) -> tuple[Backfill, int]:
        opened = self.opened
        async with publishing(opened.settings, opened.metrics) as publisher:
            backfill = Backfill(
                opened.source, publisher, self.progress, opened.stop, self.said.append, accept_sandbox=False
            )
            requests = requests_of(opened.settings, zones)
            summary = await backfill.run(requests, START, START + timedelta(days=days), 1)
            return backfill, summary.exit_code


async def test_backfill_reads_every_hour_in_windows(opened: Opened, api: FakeApi, tmp_path: Path) -> None:
    backfill, exit_code = await Backfilling(opened, tmp_path / "state.json").run(("T-FILL",), 25)
    assert exit_code == 0
    assert backfill.summary.events == {Result.PUBLISHED: 25 * 24}
    assert all(asked.query["end"] > asked.query["start"] for asked in api.asked)
    records = await messages(opened.settings, POWER, "T-FILL")
    hours = sorted(parse_event(record.value or b"").at for record in records)
    assert hours == [START + timedelta(hours=hour) for hour in range(25 * 24)]


async def test_a_backfill_waits_for_its_quota(opened: Opened, api: FakeApi) -> None:
    settings = opened.settings.model_copy(update={"retry_wait_max_seconds": 0.01})
    source = Source(opened.client, settings, opened.tokens, opened.metrics, opened.stop)
    api.say("power-breakdown/past-range", canned_json({}, 429, retry_after="1"))
    running = Backfilling(replace(opened, source=source), None)
    backfill, exit_code = await running.run(("T-QUOTA",), 25)
    assert exit_code == 0
    assert backfill.summary.events == {Result.PUBLISHED: 25 * 24}
    assert running.said[0] == "T-QUOTA power-breakdown hourly: quota used up, waiting 1 s"


async def test_an_interrupted_backfill_goes_on_where_it_was(opened: Opened, api: FakeApi, tmp_path: Path) -> None:
    def stop_in_the_second_window(_path: str, query: dict[str, str]) -> Canned | None:
        if query["start"] > "2026-01-05":
            opened.stop.set()
        return None

    api.rule = stop_in_the_second_window
    _, exit_code = await Backfilling(opened, tmp_path / "state.json").run(("T-RESUME",), 40)
    assert exit_code == EXIT_INTERRUPTED
    done = [asked.query["start"] for asked in api.asked]
    api.asked.clear()
    resumed = replace(opened, stop=type(opened.stop)())
    backfill, exit_code = await Backfilling(resumed, tmp_path / "state.json").run(("T-RESUME",), 40)
    assert exit_code == 0
    assert backfill.summary.windows["done before"] == len(done) == 2
    assert not set(done) & {asked.query["start"] for asked in api.asked}
    assert len(await messages(opened.settings, POWER, "T-RESUME")) == 40 * 24


async def test_a_key_without_past_range_is_told_and_the_others_go_on(opened: Opened, api: FakeApi) -> None:
    refusal = canned_json({"error": "This endpoint is not included in your API trial"}, 401)
    api.rule = lambda _path, query: refusal if query["zone"] == "T-TRIAL" else None
    running = Backfilling(opened, None)
    backfill, exit_code = await running.run(("T-TRIAL", "T-FULL"), 30)
    assert exit_code == 1
    assert list(backfill.summary.refused) == ["T-TRIAL power-breakdown hourly"]
    assert backfill.summary.events == {Result.PUBLISHED: 30 * 24}
    assert [asked.query["zone"] for asked in api.asked].count("T-TRIAL") == 1
    assert any("not-entitled, its other windows are skipped" in line for line in running.said)


async def test_a_range_that_is_too_long_for_the_api_ends_the_backfill(opened: Opened, api: FakeApi) -> None:
    api.rule = lambda _path, _query: canned_json({"message": "Date range exceeded 10 days limit for hourly data"}, 400)
    with pytest.raises(DateRangeExceededError, match="Date range exceeded"):
        await Backfilling(opened, None).run(("T-LONG",), 30)


async def test_a_window_that_fails_is_told_and_not_taken_as_done(opened: Opened, api: FakeApi, tmp_path: Path) -> None:
    outage = Canned(503)
    api.say("power-breakdown/past-range", *[outage] * opened.settings.retry_attempts)
    api.say("power-breakdown/past-range", canned_json({"error": "No recent data"}, 404))
    state = tmp_path / "state.json"
    backfill, exit_code = await Backfilling(opened, state).run(("T-FAIL",), 30)
    assert exit_code == 1
    windows = backfill.summary.windows
    assert (windows["failed"], windows["without data"]) == (1, 1)
    again, exit_code = await Backfilling(opened, state).run(("T-FAIL",), 30)
    assert exit_code == 0
    assert (again.summary.windows["done before"], again.summary.windows["done"]) == (windows["done"], 2)


async def test_redrive_publishes_what_is_readable_now_and_nothing_twice(opened: Opened, api: FakeApi) -> None:
    batch = await history(opened, "T-REDRIVE")
    good = (await opened.source.fetch(batch.request, Temporality.HISTORY)).body
    received_at = batch.fetched_at

    def letter(body: bytes, reason: Reason) -> DeadLetter:
        return DeadLetter.of(
            body, origin=Origin.INGESTER, reason=reason, detail="", received_at=received_at,
            zone="T-REDRIVE", signal="power-breakdown", variant="", granularity="hourly",
        )  # fmt: skip

    since = datetime.now(UTC)
    letters = (
        letter(good, Reason.UNEXPECTED_SHAPE),
        letter(good + b" ", Reason.BAD_VALUE),
        letter(b"<html>", Reason.NOT_JSON),
        letter(b"\xff" * 900_000, Reason.NOT_JSON),
    )
    async with publishing(opened.settings, opened.metrics) as publisher:
        await publisher.publish(replace(batch, events=(), letters=letters))

    async def run(publisher: Publisher | None, reasons: tuple[Reason, ...] = (), **since: Any) -> Any:
        async with open_consumer(opened.settings, [DeadLetter.topic]) as consumer:
            options: dict[str, Any] = {"reasons": reasons, "accept_sandbox": False, "stall_seconds": 20, **since}
            return await redrive(consumer, publisher, opened.stop, **options)

    everything = await run(None, since=None)
    assert everything.read >= 4
    dry = await run(None, since=since)
    assert (dry.read, dry.revived, dry.would_publish, dry.incomplete) == (4, 2, 48, 1)
    assert dry.still_refused == {"not-json": 1}
    assert await messages(opened.settings, POWER, "T-REDRIVE") == []

    acknowledged = AcknowledgedIds(10_000)
    async with publishing(opened.settings, opened.metrics, acknowledged) as publisher:
        chosen = await run(publisher, (Reason.BAD_VALUE,), since=since)
        assert (chosen.filtered, chosen.events) == (3, {Result.PUBLISHED: 24})
        again = await run(publisher, since=since)
        assert again.events == {Result.ALREADY_ACKNOWLEDGED: 48}
    records = await messages(opened.settings, POWER, "T-REDRIVE")
    assert ids_in(records) == ids_of(batch)
    assert len(records) == 24
    assert (await run(None, since=datetime.now(UTC) + timedelta(hours=1))).read == 0


@pytest.fixture
def make_kafka_settings(broker: KafkaBroker, make_settings: MakeSettings) -> IngesterSettings:
    return make_settings(kafka_bootstrap_servers=broker.bootstrap_servers)


async def test_reading_that_stalls_is_an_error(make_kafka_settings: IngesterSettings) -> None:
    async with open_consumer(make_kafka_settings, [POWER]) as consumer:
        partitions = sorted(consumer.assignment())
        ends = await consumer.end_offsets(partitions)
        beyond = {partition: end + 1 for partition, end in ends.items()}
        with pytest.raises(BrokerError, match="nothing came"):
            async for _ in read(consumer, ends, beyond, stall_seconds=0.5):
                pass
