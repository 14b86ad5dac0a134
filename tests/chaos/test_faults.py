"""Each fault of the source is retried, dead-lettered with its bytes, or counted as what it is; the flow goes on."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from gridpulse_contract.models import DeadLetter, Origin, Reason
from gridpulse_platform import wait_until
from gridpulse_platform.waiting import wait_until_async
from harness.pipeline import Pipeline

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(600)]

DEADLINE_SECONDS: Final = 180
FAULTY_PATH: Final = "power-breakdown/history"
FAULTY_ZONE: Final = "ES"
HITS: Final = 2


@dataclass(frozen=True)
class Refused:
    """A fault whose answer, or one row of it, becomes a dead letter; `mark` is in its original bytes."""

    fault: str
    reason: Reason
    mark: bytes


# Each has its own outcome, for an operator to tell apart; nothing is refused, and the next answer is used.
OUTCOMES: Final = {
    "rate-limited": "over-quota",
    "rate-limited-bare": "over-quota",
    "server-error": "server-error",
    "unavailable": "server-error",
    "html-bad-gateway": "server-error",
    "slow": "unreachable",
    "access-denied": "bad-token",
    "no-route": "no-route",
    "no-recent-data": "no-data",
}
REFUSED: Final = (
    Refused("html-ok", Reason.NOT_JSON, b"<"),
    Refused("truncated", Reason.NOT_JSON, b'"zone":"ES"'),
    Refused("wrong-zone", Reason.WRONG_ZONE, b'"zone"'),
    Refused("sandbox", Reason.SANDBOX, b"SANDBOX"),
    Refused("malformed-row", Reason.BAD_VALUE, b'"zone":"ES"'),
    Refused("far-future", Reason.UPDATED_IN_FUTURE, b'"updatedAt"'),
)
HARMLESS: Final = ("out-of-order", "duplicates")


@pytest.mark.parametrize("fault", OUTCOMES)
async def test_an_answer_without_data_is_counted_as_what_it_is(fault: str, pipeline: Pipeline) -> None:
    letters = await _letter_count(pipeline)
    before = _outcome(pipeline, OUTCOMES[fault])
    _inject(pipeline, fault)
    wait_until(lambda: _outcome(pipeline, OUTCOMES[fault]) >= before + HITS, DEADLINE_SECONDS, "the outcome counted")
    _wait_for_good_answer(pipeline)
    assert await _letter_count(pipeline) == letters


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.fault)
async def test_what_cannot_be_read_is_kept_with_its_bytes(refused: Refused, pipeline: Pipeline) -> None:
    count = await _letter_count(pipeline)
    pipeline.set_clock(speed=600)  # other rows each time, so that no dead letter is one that Kafka has already
    _inject(pipeline, refused.fault)
    pipeline.set_clock(speed=0)

    async def has_arrived() -> bool:
        return await _letter_count(pipeline) > count

    await wait_until_async(has_arrived, DEADLINE_SECONDS, "a dead letter")
    letters = (await _letters(pipeline))[count:]
    assert {(letter.origin, letter.reason, letter.zone) for letter in letters} == {
        (Origin.INGESTER, refused.reason, FAULTY_ZONE)
    }
    for letter in letters:
        body = base64.b64decode(letter.body_base64)
        assert refused.mark in body
        assert (letter.body_length, letter.body()) == (len(body), body)
        assert letter.url is not None
        assert "token" not in letter.url
    _wait_for_good_answer(pipeline)


@pytest.mark.parametrize("fault", HARMLESS)
async def test_disorder_and_duplicates_in_an_answer_are_harmless(fault: str, pipeline: Pipeline) -> None:
    letters = await _letter_count(pipeline)
    _inject(pipeline, fault)
    _wait_for_good_answer(pipeline)
    assert await _letter_count(pipeline) == letters


async def test_a_message_that_is_no_event_is_kept_and_the_stream_goes_on(pipeline: Pipeline) -> None:
    """Not from the source but in Kafka: the streaming job gives it up with its bytes."""
    count = await _letter_count(pipeline)
    value = json.dumps({"signal": "carbon-intensity", "zone": "ES", "carbon_intensity_gco2eq_per_kwh": "many"}).encode()
    producer: Any = AIOKafkaProducer(bootstrap_servers=pipeline.stack.kafka.bootstrap_servers)
    await producer.start()
    try:
        await producer.send_and_wait("electricity.carbon-intensity.v1", value, key=b"ES")
    finally:
        await producer.stop()

    async def has_arrived() -> bool:
        return await _letter_count(pipeline) > count

    await wait_until_async(has_arrived, DEADLINE_SECONDS, "a dead letter of the streaming job")
    letter = (await _letters(pipeline))[-1]
    assert (letter.origin, letter.reason) == (Origin.STREAMING, Reason.SCHEMA_MISMATCH)
    assert letter.body() == value
    assert letter.source_topic == "electricity.carbon-intensity.v1"
    assert pipeline.stack.streaming.is_running


def _inject(pipeline: Pipeline, fault: str) -> None:
    """Let a fault hit, and return when it has."""
    pipeline.inject(fault=fault, count=HITS, path=f"*/{FAULTY_PATH}", zones=[FAULTY_ZONE], delay_seconds=6)
    wait_until(lambda: pipeline.scenario_hits() == [HITS], DEADLINE_SECONDS, f"{HITS} answers with {fault}")


def _wait_for_good_answer(pipeline: Pipeline) -> None:
    """The flow goes on: the zone is polled again, well, and its newest data are acknowledged by Kafka."""
    key = (FAULTY_PATH, FAULTY_ZONE)
    before = pipeline.good_answers().get(key, 0)
    wait_until(lambda: pipeline.good_answers().get(key, 0) > before, DEADLINE_SECONDS, "a good answer")


def _outcome(pipeline: Pipeline, outcome: str) -> float:
    samples = pipeline.ingester_metrics()
    return sum(
        value
        for name, value in samples.items()
        if name.startswith("gridpulse_ingester_requests_total") and f'outcome="{outcome}"' in name
    )


async def _letters(pipeline: Pipeline) -> list[DeadLetter]:
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=pipeline.stack.kafka.bootstrap_servers)
    await consumer.start()
    try:
        partition = TopicPartition(DeadLetter.topic, 0)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        consumer.seek(partition, 0)  # nothing is old enough for Kafka to have removed it
        letters: list[DeadLetter] = []
        while await consumer.position(partition) < end:
            record: Any = await consumer.getone()
            letters.append(DeadLetter.model_validate_json(record.value))
        return letters
    finally:
        await consumer.stop()


async def _letter_count(pipeline: Pipeline) -> int:
    return len(await _letters(pipeline))
