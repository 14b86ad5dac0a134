"""What is no event becomes a dead letter with its original bytes; what is one never does."""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from pydantic import ValidationError
from pyspark.sql import DataFrame

from gridpulse_contract.models import (
    CarbonIntensityEvent,
    DeadLetter,
    Origin,
    PowerBreakdownEvent,
    Reason,
    Signal,
    parse_event,
)
from gridpulse_spark.transforms.rows import DEAD_LETTER, to_rows, valid_rows
from gridpulse_spark.transforms.signals import Table

Messages = Callable[[Iterable[bytes | None], Iterable[str | None]], DataFrame]

POWER = PowerBreakdownEvent.model_validate({
    "zone": "DE",
    "granularity": "hourly",
    "at": "2026-03-01T10:00:00.000Z",
    "updated_at": "2026-03-01T10:48:27.926Z",
    "kind": "measured",
    "raw": '{"zone": "DE", "text": "]}{[\\u00e9"}',
    "production_mw": {"coal": 9000.0, "nuclear": None, "hydro_discharge": -2000.0},
    "consumption_mw": {"coal": 8900.0},
    "import_mw": {"FR": 500.0, "NL": None},
    "export_mw": {},
    "production_total_mw": 9000.0,
})  # fmt: skip
CARBON = CarbonIntensityEvent.model_validate({
    "zone": "DE",
    "granularity": "5_minutes",
    "at": "2026-03-01T10:05:00.000Z",
    "updated_at": "2026-03-01T10:48:27.926Z",
    "kind": "unknown",
    "raw": "{}",
    "variant": "direct",
    "carbon_intensity_gco2eq_per_kwh": None,
})  # fmt: skip
VALUE = POWER.model_dump_json().encode()
EVENT_ID = str(POWER.event_id())


def changed(**fields: Any) -> bytes:
    """The power event's JSON with other fields; a field that is ... (Ellipsis) is left out."""
    members = {**POWER.model_dump(mode="json"), **fields}
    return json.dumps({name: value for name, value in members.items() if value is not ...}).encode()


NO_EVENTS = {
    "empty": b"",
    "not JSON": b"<html>",
    "not UTF-8": b"\xff\xfe\x00",
    "cut short": VALUE[:-20],
    "null": b"null",
    "a number": b"5",
    "an empty object": b"{}",
    "a list of one": b"[" + VALUE + b"]",
    "two in a row": VALUE + VALUE,
    "text after the end": VALUE + b",1",
    "a number as text": changed(production_total_mw="9000"),
    "an empty text for a number": changed(production_total_mw=""),
    "a bool for a number": changed(production_total_mw=True),
    "a list for a number": changed(production_total_mw=[1]),
    "NaN as text": changed(production_total_mw="NaN"),
    "NaN": changed(production_total_mw=float("nan")),
    "more than a double holds": changed(production_total_mw=1).replace(b"_mw\": 1", b"_mw\": 1e999"),
    "more than a double holds, in a mode": changed(production_mw={"oil": 7}).replace(b": 7", b": -1e999"),
    "more than a double holds, for a neighbour": changed(import_mw={"FR": 7}).replace(b": 7", b": 1e999"),
    "a text in a mode": changed(consumption_mw={"coal": "x"}),
    "a text for a neighbour": changed(export_mw={"FR": "x"}),
    "a list of neighbours": changed(import_mw=[1]),
    "a text for the modes": changed(production_mw="x"),
    "no modes": changed(production_mw=...),
    "null modes": changed(consumption_mw=None),
    "no zone": changed(zone=...),
    "null zone": changed(zone=None),
    "lower-case zone": changed(zone="de"),
    "a zone with a line break": changed(zone="DE\n"),
    "a zone too long": changed(zone="D" * 33),
    "a coarse granularity": changed(granularity="daily"),
    "an unknown kind": changed(kind="guessed"),
    "another signal": changed(signal="carbon-intensity"),
    "a variant": changed(variant="direct"),
    "no raw": changed(raw=...),
    "no time": changed(at=...),
    "a month 13": changed(at="2026-13-01T00:00:00.000Z"),
    "a 30 February": changed(updated_at="2026-02-30T00:00:00.000Z"),
    "a year 0": changed(at="0000-02-03T00:00:00.000Z"),
    "a naive time": changed(at="2026-02-03T00:00:00.000"),
    "a date": changed(at="2026-02-03"),
    "a number for a time": changed(at=5),
}  # fmt: skip


def letters(rows: DataFrame) -> list[DeadLetter | None]:
    found = [row[DEAD_LETTER] for row in rows.select(DEAD_LETTER).collect()]
    return [None if letter is None else DeadLetter.model_validate_json(letter) for letter in found]


def test_each_malformed_message_is_a_dead_letter_with_its_bytes(kafka_messages: Messages) -> None:
    rows = to_rows(kafka_messages(NO_EVENTS.values(), [EVENT_ID] * len(NO_EVENTS)), Signal.POWER_BREAKDOWN)
    for offset, (name, letter) in enumerate(zip(NO_EVENTS, letters(rows), strict=True)):
        value = NO_EVENTS[name]
        assert letter is not None, name
        assert letter.detail, name
        assert letter == DeadLetter.of(
            value,
            origin=Origin.STREAMING,
            reason=Reason.SCHEMA_MISMATCH,
            detail=letter.detail,
            received_at=letter.received_at,
            signal="power-breakdown",
            zone="DE",
            source_topic="some.topic",
            source_partition=3,
            source_offset=offset,
        ), name
        assert letter.model_dump(mode="json")["received_at"] == "2026-03-01T12:00:00.250Z"
    assert valid_rows(rows, Table("power_breakdown", "year")).count() == 0


def test_what_the_contract_refuses_is_refused() -> None:
    """The list above is no stricter than the contract, but for the one form of a time."""
    for name, value in NO_EVENTS.items():
        if name in ("a number for a time", "a variant", "a date"):
            continue
        with pytest.raises(ValidationError):
            print(name, parse_event(value))  # noqa: T201


@pytest.mark.parametrize(
    "event_id", [None, "", "6f1c9a52", EVENT_ID.upper(), EVENT_ID + "0", EVENT_ID.replace("-", ""), EVENT_ID + "\n"]
)
def test_a_message_needs_its_event_id(kafka_messages: Messages, event_id: str | None) -> None:
    (letter,) = letters(to_rows(kafka_messages([VALUE], [event_id]), Signal.POWER_BREAKDOWN))
    assert letter is not None
    assert "event-id" in letter.detail
    assert letter.body() == VALUE


def test_a_message_without_a_value(kafka_messages: Messages) -> None:
    (letter,) = letters(to_rows(kafka_messages([None], [EVENT_ID]), Signal.POWER_BREAKDOWN))
    assert letter is not None
    assert (letter.detail, letter.body()) == ("the message has no value", b"")


def test_of_a_large_message_the_head_is_kept(kafka_messages: Messages) -> None:
    value = b"\x00\x01\xff" * 200_000
    (letter,) = letters(to_rows(kafka_messages([value], [EVENT_ID]), Signal.POWER_BREAKDOWN))
    assert letter is not None
    assert letter.body() is None
    assert letter.body_length == len(value)
    assert letter.body_sha256 == hashlib.sha256(value).hexdigest()
    assert len(letter.body_base64) == (DeadLetter.MAX_BODY_BYTES + 2) // 3 * 4


@pytest.mark.parametrize(
    "value",
    [
        VALUE,
        b" " + VALUE + b"\n",
        changed(a_field_of_tomorrow={"x": [1]}),
        changed(signal=..., variant=..., estimation_method=..., import_mw=..., production_total_mw=...),
        changed(production_mw={}),
        changed(production_total_mw=9000),
        changed(at="0001-01-01T00:00:00.000Z"),
    ],
)
def test_an_event_is_no_dead_letter(kafka_messages: Messages, value: bytes) -> None:
    assert letters(to_rows(kafka_messages([value], [EVENT_ID]), Signal.POWER_BREAKDOWN)) == [None]


def test_carbon_intensity_needs_its_variant(kafka_messages: Messages) -> None:
    members = CARBON.model_dump(mode="json")
    values = [json.dumps({**members, "variant": variant}).encode() for variant in ("direct", "", None, "other")]
    found = letters(to_rows(kafka_messages(values, [EVENT_ID] * len(values)), Signal.CARBON_INTENSITY))
    assert [letter is None for letter in found] == [True, False, False, False]
