"""The publisher on a real broker."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gridpulse_contract.models import DeadLetter, Header, PowerBreakdownEvent, parse_event
from gridpulse_ingester.daemon import Daemon
from gridpulse_ingester.errors import BrokerError
from gridpulse_ingester.kafka import is_reachable, open_consumer, open_producer, read
from gridpulse_ingester.poller import requests_of
from gridpulse_ingester.publisher import AcknowledgedIds, Published, Result, recall_acknowledged
from gridpulse_ingester.settings import IngesterSettings
from gridpulse_platform import KafkaBroker, wait_until_async

from .conftest import (
    POWER,
    START,
    Canned,
    FakeApi,
    MakeSettings,
    Opened,
    history,
    ids_in,
    ids_of,
    messages,
    publishing,
)

pytestmark = pytest.mark.engines


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
