"""Into the lake and back: the same rows for the stores, and nothing of a message lost."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC
from typing import Any

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.models import EVENT_MODELS, DeadLetter, Event, Signal
from gridpulse_spark.lake.layout import MODELS
from gridpulse_spark.transforms.lake import column_types, event_of, lake_rows, lake_type
from gridpulse_spark.transforms.rows import event_rows, table_rows, to_rows, valid_rows
from gridpulse_spark.transforms.signals import TRANSFORMS
from harness.histories import history

Messages = Callable[[Iterable[bytes | None], Iterable[str | None]], DataFrame]


def values_and_ids(signal: Signal) -> tuple[list[bytes | None], list[str | None]]:
    """Events of a made-up history, and messages that are none."""
    events: list[Event] = [event for event in history(1, hours=3) if event.signal == signal]
    good: list[bytes] = [event.model_dump_json().encode() for event in events]
    sparse = json.loads(good[0])
    for name in ("estimation_method", "import_mw", "export_mw"):  # fields with a default may be missing
        sparse.pop(name, None)
    values: list[bytes | None] = [*good, json.dumps(sparse).encode(), b"<html>", None]
    return values, [*(str(event.event_id()) for event in events), str(events[0].event_id()), None, None]


@pytest.mark.parametrize("signal", Signal)
def test_rows_for_the_stores_are_the_same_from_the_lake(kafka_messages: Messages, signal: Signal) -> None:
    messages, model = kafka_messages(*values_and_ids(signal)), EVENT_MODELS[signal]
    archived = lake_rows(messages, model).where(F.col("problem").isNull())
    for table in TRANSFORMS[signal].tables:
        rebuilt = table_rows(event_rows(archived, signal, event_of(model)), table)
        streamed = valid_rows(to_rows(messages, signal), table)
        assert rebuilt.columns == streamed.columns
        assert sorted(map(str, rebuilt.collect())) == sorted(map(str, streamed.collect()))
        assert rebuilt.count() > 20


@pytest.mark.parametrize("signal", Signal)
def test_a_message_that_is_no_event_keeps_its_bytes_and_others_their_text(
    kafka_messages: Messages, signal: Signal
) -> None:
    values, ids = values_and_ids(signal)
    rows: list[Any] = lake_rows(kafka_messages(values, ids), EVENT_MODELS[signal]).orderBy("offset").collect()
    *good, html, nothing = rows
    assert (bytes(html.value), nothing.value) == (b"<html>", None)
    assert html.problem
    assert nothing.problem
    for row, value, identity in zip(good, values, ids, strict=False):
        assert (row.problem, row.value, row.event_id, row.key) == (None, None, identity, "DE")
        event = EVENT_MODELS[signal].model_validate_json(value or b"")
        assert (row.raw, row.at.astimezone(UTC)) == (event.raw, event.at)


@pytest.mark.parametrize("name", MODELS)
def test_the_columns_are_those_that_readers_expect(kafka_messages: Messages, name: str) -> None:
    assert column_types(lake_rows(kafka_messages([], []), MODELS[name]).schema) == column_types(lake_type(MODELS[name]))


def test_a_dead_letter_can_be_read_as_one(kafka_messages: Messages) -> None:
    letter: dict[str, Any] = {
        "origin": "ingester", "reason": "not-json", "detail": "no", "received_at": "2026-03-01T12:00:00.000Z",
        "status": 502, "body_base64": "PGh0bWw+", "body_length": 6, "body_sha256": "00",
    }  # fmt: skip
    (row,) = lake_rows(kafka_messages([json.dumps(letter).encode()], [None]), DeadLetter).collect()
    assert (row.problem, row.letter.status, row.letter.body_base64) == (None, 502, "PGh0bWw+")
