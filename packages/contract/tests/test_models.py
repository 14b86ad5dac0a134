"""Identity and write order of revisions."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gridpulse_contract.models import (
    CarbonIntensityEvent,
    DeadLetter,
    Granularity,
    Kind,
    Origin,
    PowerBreakdownEvent,
    PowerByMode,
    Reason,
    parse_event,
    write_timestamp_us,
)

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
instants = st.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001 - hypothesis takes naive bounds and adds the zone
)  # fmt: skip
carbon_events = st.builds(
    CarbonIntensityEvent,
    zone=st.sampled_from(["DE", "IT-NO"]),
    granularity=st.sampled_from(Granularity),
    at=instants,
    updated_at=instants,
    kind=st.sampled_from(Kind),
    estimation_method=st.text(max_size=10),
    variant=st.sampled_from(["lifecycle", "direct"]),
    carbon_intensity_gco2eq_per_kwh=numbers,
    raw=st.text(max_size=20),
)
power_events = st.builds(
    PowerBreakdownEvent,
    zone=st.just("DE"),
    granularity=st.sampled_from(Granularity),
    at=instants,
    updated_at=instants,
    kind=st.sampled_from(Kind),
    production_mw=st.builds(PowerByMode, wind=numbers, hydro_discharge=numbers),
    consumption_mw=st.builds(PowerByMode, wind=numbers),
    import_mw=st.dictionaries(st.sampled_from(["FR", "NL"]), numbers),
    production_total_mw=numbers,
    raw=st.text(max_size=20),
)


@given(carbon_events | power_events)
def test_a_message_is_read_back_as_the_same_event(event: CarbonIntensityEvent | PowerBreakdownEvent) -> None:
    copy = parse_event(event.model_dump_json().encode())
    assert copy == event
    assert copy.event_id() == event.event_id()


@given(carbon_events, st.text(max_size=10))
def test_identity_ignores_how_the_row_was_written(event: CarbonIntensityEvent, raw: str) -> None:
    assert event.model_copy(update={"raw": raw}).event_id() == event.event_id()


@given(carbon_events)
def test_identity_sees_every_typed_field(event: CarbonIntensityEvent) -> None:
    changes: dict[str, Any] = {
        "zone": "FR",
        "variant": "direct" if event.variant == "lifecycle" else "lifecycle",
        "at": event.at + timedelta(milliseconds=1),
        "updated_at": event.updated_at + timedelta(milliseconds=1),
        "kind": Kind.UNKNOWN if event.kind is not Kind.UNKNOWN else Kind.MEASURED,
        "estimation_method": event.estimation_method + "x",
        "carbon_intensity_gco2eq_per_kwh": 1.0 if event.carbon_intensity_gco2eq_per_kwh != 1.0 else None,
    }
    identities = {event.model_copy(update={name: value}).event_id() for name, value in changes.items()}
    assert len(identities | {event.event_id()}) == len(changes) + 1


@given(carbon_events, carbon_events)
def test_a_newer_revision_is_always_written_later(first: CarbonIntensityEvent, second: CarbonIntensityEvent) -> None:
    if first.updated_at < second.updated_at:
        assert first.write_timestamp_us() < second.write_timestamp_us()
    assert first.write_timestamp_us() // 1000 == int(first.updated_at.timestamp() * 1000 + 0.5)


def test_identity_and_write_time_are_fixed_for_ever() -> None:
    """They are in stores and headers: a change here is a change of the contract's version."""
    event = CarbonIntensityEvent(
        zone="DE",
        granularity=Granularity.HOURLY,
        at=datetime(2026, 3, 1, 10, tzinfo=UTC),
        updated_at=datetime(2026, 3, 1, 10, 48, 27, 926999, tzinfo=UTC),
        kind=Kind.MEASURED,
        variant="lifecycle",
        carbon_intensity_gco2eq_per_kwh=412,
        raw="{}",
    )
    assert str(event.event_id()) == "0ad9fe65-d60a-5147-adc8-494d464143d8"
    assert event.write_timestamp_us() == 1_772_362_107_926_597
    assert write_timestamp_us(event.updated_at, event.event_id()) == event.write_timestamp_us()


def test_times_are_utc_in_whole_milliseconds_and_zero_has_no_sign() -> None:
    event = CarbonIntensityEvent(
        zone="DE",
        granularity=Granularity.HOURLY,
        at=datetime(2026, 3, 1, 11, tzinfo=timezone(timedelta(hours=1))),
        updated_at=datetime(2026, 3, 1, 10, 48, 27, 926999, tzinfo=UTC),
        kind=Kind.MEASURED,
        variant="lifecycle",
        carbon_intensity_gco2eq_per_kwh=-0.0,
        raw="{}",
    )
    message = json.loads(event.model_dump_json())
    assert (message["at"], message["updated_at"]) == ("2026-03-01T10:00:00.000Z", "2026-03-01T10:48:27.926Z")
    assert str(message["carbon_intensity_gco2eq_per_kwh"]) == "0.0"


@pytest.mark.parametrize(
    "change", [{"at": "2026-03-01T10:00:00"}, {"signal": "price"}, {"kind": "guessed"}, {"zone": "de"}]
)
def test_a_message_that_is_no_event_is_refused(change: dict[str, str]) -> None:
    message = {
        "signal": "carbon-intensity", "variant": "direct", "zone": "DE", "granularity": "hourly",
        "at": "2026-03-01T10:00:00.000Z", "updated_at": "2026-03-01T10:48:27.926Z", "kind": "measured", "raw": "{}",
    }  # fmt: skip
    parse_event(json.dumps(message | {"added_in_a_later_release": 1}).encode())
    with pytest.raises(ValidationError):
        parse_event(json.dumps(message | change).encode())


def test_a_dead_letter_tells_origin_and_reason() -> None:
    letter = DeadLetter(
        origin=Origin.INGESTER,
        reason=Reason.NOT_JSON,
        detail="Expecting value",
        received_at=datetime(2026, 3, 1, tzinfo=UTC),
        body_base64="PGh0bWw+",
        body_length=6,
        body_sha256="0" * 64,
    )
    assert DeadLetter.model_validate_json(letter.model_dump_json()) == letter


@given(body=st.binary(max_size=64))
def test_a_dead_letter_keeps_the_original_bytes(body: bytes) -> None:
    letter = DeadLetter.of(
        body,
        origin=Origin.INGESTER,
        reason=Reason.BAD_VALUE,
        detail="\ud800",
        received_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    assert DeadLetter.model_validate_json(letter.model_dump_json()).body() == body
    assert letter.answer() == body


def test_of_a_body_that_is_too_long_a_dead_letter_keeps_head_length_and_hash() -> None:
    body = b"x" * (DeadLetter.MAX_BODY_BYTES + 1)
    letter = DeadLetter.of(
        body, origin=Origin.INGESTER, reason=Reason.NOT_JSON, detail="", received_at=datetime(2026, 3, 1, tzinfo=UTC)
    )
    assert base64.b64decode(letter.body_base64) == body[:-1]
    assert (letter.body_length, letter.body_sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert letter.body() is letter.answer() is None


def test_the_same_bytes_refused_for_the_same_reason_are_one_letter() -> None:
    def letter(body: bytes, minute: int, reason: Reason = Reason.NOT_JSON) -> DeadLetter:
        received_at = datetime(2026, 3, 1, 10, minute, tzinfo=UTC)
        return DeadLetter.of(body, origin=Origin.INGESTER, reason=reason, detail="", received_at=received_at, zone="DE")

    assert letter(b"a", 1).letter_id() == letter(b"a", 2).letter_id()
    assert letter(b"a", 1).letter_id() != letter(b"b", 1).letter_id()
    assert letter(b"a", 1).letter_id() != letter(b"a", 1, Reason.BAD_VALUE).letter_id()
