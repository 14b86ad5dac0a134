import json
from datetime import UTC, datetime, timedelta
from typing import Any

from gridpulse_contract.models import CarbonIntensityEvent, DeadLetter, Granularity, Kind, Origin, Reason, Signal
from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.batch import read_answer
from gridpulse_ingester.errors import UnusableAnswerError
from gridpulse_ingester.redrive import revive
from gridpulse_ingester.source import Answer

from .conftest import power_row

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
RECEIVED_AT = AT + timedelta(hours=2)


def answer(body: bytes, problem: UnusableAnswerError | None = None) -> Answer:
    request = SourceRequest(Signal.POWER_BREAKDOWN, "DE", Granularity.HOURLY)
    return Answer(request, "http://127.0.0.1/", 200, "text/html", body, RECEIVED_AT, problem)


def from_streaming(value: bytes) -> DeadLetter:
    return DeadLetter.of(
        value,
        origin=Origin.STREAMING,
        reason=Reason.SCHEMA_MISMATCH,
        detail="",
        received_at=RECEIVED_AT,
        source_topic="electricity.carbon-intensity.v1",
        source_partition=0,
        source_offset=7,
    )


def carbon_event(raw: dict[str, Any]) -> CarbonIntensityEvent:
    return CarbonIntensityEvent(
        zone="DE",
        granularity=Granularity.HOURLY,
        at=AT,
        updated_at=AT + timedelta(minutes=50),
        kind=Kind.MEASURED,
        variant="direct",
        carbon_intensity_gco2eq_per_kwh=42.0,
        raw=json.dumps(raw),
    )


def test_an_answer_refused_for_its_content_type_is_read_when_its_bytes_are_good() -> None:
    body = json.dumps({"zone": "DE", "history": [power_row("DE", AT)]}).encode()
    batch = read_answer(
        answer(body, UnusableAnswerError(Reason.NOT_JSON, "content type text/html")), accept_sandbox=False
    )
    (letter,) = batch.letters
    (event,) = revive(letter, accept_sandbox=False).events
    (as_usual,) = read_answer(answer(body), accept_sandbox=False).events
    assert event.event_id() == as_usual.event_id()


def test_what_is_still_wrong_is_still_refused() -> None:
    row = power_row("DE", AT) | {"updatedAt": "2099-01-01T00:00:00Z"}
    batch = read_answer(answer(json.dumps({"zone": "DE", "history": [row]}).encode()), accept_sandbox=False)
    found = revive(batch.letters[0], accept_sandbox=False)
    assert found.events == ()
    assert [rejection.reason for rejection in found.rejections] == [Reason.UPDATED_IN_FUTURE]


def test_a_row_that_is_energy_by_its_envelope_never_becomes_power() -> None:
    body = json.dumps({"temporalGranularity": "daily", "zone": "DE", "history": [power_row("DE", AT)]}).encode()
    batch = read_answer(answer(body), accept_sandbox=False)
    found = revive(batch.letters[0], accept_sandbox=False)
    assert found.events == ()
    assert found.rejections[0].reason is Reason.UNSUPPORTED_GRANULARITY


def test_a_sandbox_row_is_revived_only_where_sandbox_is_accepted() -> None:
    row = power_row("DE", AT) | {"isEstimated": True, "estimationMethod": "SANDBOX_MODE_DATA"}
    batch = read_answer(answer(json.dumps({"zone": "DE", "history": [row]}).encode()), accept_sandbox=False)
    assert revive(batch.letters[0], accept_sandbox=False).events == ()
    assert len(revive(batch.letters[0], accept_sandbox=True).events) == 1


def test_a_streaming_letter_is_read_again_from_its_raw_row() -> None:
    row = {"carbonIntensity": 42, "datetime": "2026-03-01T10:00Z", "isEstimated": False}
    event = carbon_event(row)
    found = revive(from_streaming(event.model_dump_json().encode()), accept_sandbox=False)
    assert [revived.event_id() for revived in found.events] == [event.event_id()]


def test_a_streaming_letter_whose_raw_row_says_nothing_is_taken_as_the_event_it_is() -> None:
    event = carbon_event({})
    found = revive(from_streaming(event.model_dump_json().encode()), accept_sandbox=False)
    assert found.events == (event,)


def test_a_streaming_letter_that_is_nothing_stays_one() -> None:
    for value in (b"", b"[1]", b"{}", b'{"signal": "power-breakdown"}', b"\xff"):
        found = revive(from_streaming(value), accept_sandbox=False)
        assert found.events == ()
        assert found.rejections[0].reason is Reason.SCHEMA_MISMATCH


def test_a_letter_of_something_unknown_stays_one() -> None:
    letter = DeadLetter.of(
        b"{}", origin=Origin.INGESTER, reason=Reason.BAD_VALUE, detail="", received_at=AT, signal="gas-price"
    )
    assert revive(letter, accept_sandbox=False).events == ()
