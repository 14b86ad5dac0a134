"""Normalisation: every shape the API has becomes events; everything else becomes a typed rejection, never a crash."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridpulse_contract.models import (
    CarbonIntensityEvent,
    DeadLetter,
    Kind,
    Origin,
    PowerBreakdownEvent,
    Reason,
    Signal,
)
from gridpulse_contract.normalise import Normalised, SourceRequest, normalise

Json = dict[str, Any]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=4),
    max_leaves=15,
)
requests = st.builds(
    SourceRequest,
    signal=st.sampled_from(Signal),
    zone=st.just("DE"),
    variant=st.sampled_from(["", "lifecycle", "direct"]),
)


def read(document: object, request: SourceRequest, received_at: datetime, **options: bool) -> Normalised:
    return normalise(json.dumps(document).encode(), request, received_at=received_at, **options)


def only_reason(result: Normalised) -> Reason:
    assert not result.events
    (rejection,) = result.rejections
    return rejection.reason


@pytest.mark.parametrize("envelope", [None, "data", "history"])
def test_reads_every_envelope_of_a_power_breakdown(
    envelope: str | None, power_row: Json, power_request: SourceRequest, received_at: datetime
) -> None:
    document = power_row if envelope is None else {"zone": "DE", envelope: [power_row], "temporalGranularity": "hourly"}
    result = read(document, power_request, received_at)
    assert not result.rejections
    assert not result.unrecognised
    (event,) = result.events
    assert isinstance(event, PowerBreakdownEvent)
    assert event.at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert event.updated_at == datetime(2026, 3, 1, 10, 48, 27, 926000, tzinfo=UTC)
    assert event.production_mw.nuclear is None
    assert event.consumption_mw.nuclear == 0
    assert event.production_mw.hydro_discharge == -2000
    assert event.import_mw == {"FR": 500.0, "NL": 0.0}
    assert (event.production_total_mw, event.export_total_mw) == (50020, 520)
    assert (event.renewable_percent, event.fossil_free_percent) == (70, 71)
    assert (event.kind, event.estimation_method) == (Kind.ESTIMATED, "TIME_SLICER_AVERAGE")
    assert json.loads(event.raw) == power_row


@pytest.mark.parametrize("variant", ["lifecycle", "direct"])
def test_reads_carbon_intensity_of_both_variants(carbon_row: Json, received_at: datetime, variant: str) -> None:
    request = SourceRequest(Signal.CARBON_INTENSITY, "DE", variant=variant)
    result = read({"zone": "DE", "history": [carbon_row | {"emissionFactorType": variant}]}, request, received_at)
    (event,) = result.events
    assert isinstance(event, CarbonIntensityEvent)
    assert (event.variant, event.carbon_intensity_gco2eq_per_kwh, event.kind) == (variant, 412, Kind.MEASURED)


def test_keeps_each_row_exactly_as_received(power_request: SourceRequest, received_at: datetime) -> None:
    row = (
        '{ "zone":"DE", "datetime":"2026-03-01T10:00Z","updatedAt":"2026-03-01T10:30:00Z",\n'
        '  "powerProductionBreakdown": {"wind": 1.50e2, "wind ": null}, "createdAt": "]},[\\"é" }'
    )
    body = ' {"history" : [' + row + " ,\n" + row.replace("1.50e2", "-0.0") + '], "zone":"DE", "note": "[{\\"}]"}\n'
    result = normalise(body.encode(), power_request, received_at=received_at)
    assert [event.raw for event in result.events] == [row, row.replace("1.50e2", "-0.0")]
    assert result.unrecognised == {"note", "powerProductionBreakdown.wind "}


def test_an_answer_for_another_zone_is_rejected_whole(
    power_row: Json, power_request: SourceRequest, received_at: datetime
) -> None:
    assert only_reason(read(power_row | {"zone": "FR"}, power_request, received_at)) is Reason.WRONG_ZONE
    document = {"zone": "FR", "history": [power_row, power_row]}
    assert only_reason(read(document, power_request, received_at)) is Reason.WRONG_ZONE


def test_one_bad_row_does_not_cost_its_neighbours(
    power_row: Json, power_request: SourceRequest, received_at: datetime
) -> None:
    bad = power_row | {"powerProductionTotal": "50020"}
    result = read({"zone": "DE", "history": [power_row, bad, power_row]}, power_request, received_at)
    assert len(result.events) == 2
    (rejection,) = result.rejections
    assert rejection.reason is Reason.BAD_VALUE
    assert json.loads(rejection.body) == bad


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"datetime": "2026-03-01T10:00:00"}, Reason.BAD_TIME),
        ({"datetime": "2026-03-01"}, Reason.BAD_TIME),
        ({"datetime": "noon"}, Reason.BAD_TIME),
        ({"datetime": 1772359200}, Reason.BAD_TIME),
        ({"datetime": "1970-01-01T00:00:00Z"}, Reason.BAD_TIME),
        ({"datetime": "9999-12-31T23:59:59-14:00"}, Reason.BAD_TIME),
        ({"datetime": None}, Reason.MISSING_FIELD),
        ({"updatedAt": None}, Reason.MISSING_FIELD),
        ({"updatedAt": "2026-03-02T12:00:00.001Z"}, Reason.UPDATED_IN_FUTURE),
        ({"zone": None}, Reason.MISSING_FIELD),
        ({"temporalGranularity": "daily"}, Reason.UNSUPPORTED_GRANULARITY),
        ({"temporalGranularity": []}, Reason.UNSUPPORTED_GRANULARITY),
        ({"isEstimated": "yes"}, Reason.BAD_VALUE),
        ({"estimationMethod": 3}, Reason.BAD_VALUE),
        ({"estimationMethod": "SANDBOX_MODE_DATA"}, Reason.SANDBOX),
        ({"powerProductionBreakdown": [1]}, Reason.BAD_VALUE),
        ({"powerProductionBreakdown": {"wind": True}}, Reason.BAD_VALUE),
        ({"powerImportBreakdown": {"FR": 10**400}}, Reason.BAD_VALUE),
        ({"powerImportBreakdown": {"\ud800": 1}}, Reason.BAD_VALUE),
        ({"estimationMethod": "\ud800"}, Reason.BAD_VALUE),
    ],
)
def test_says_why_a_row_is_rejected(
    change: Json, reason: Reason, power_row: Json, power_request: SourceRequest, received_at: datetime
) -> None:
    assert only_reason(read(power_row | change, power_request, received_at)) is reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html><body>502</body></html>", Reason.NOT_JSON),
        (b'{"zone": "DE", "history": [{"zone": "DE"', Reason.NOT_JSON),
        (b'{"zone": "DE"} trailing', Reason.NOT_JSON),
        (b'{"zone": NaN}', Reason.NOT_JSON),
        (b"\xff\xfe", Reason.NOT_JSON),
        (b"[" * 100_000, Reason.NOT_JSON),
        (b"", Reason.NOT_JSON),
        (b"[]", Reason.UNEXPECTED_SHAPE),
        (b"null", Reason.UNEXPECTED_SHAPE),
        (b'{"error": "No recent data for zone \\"DE\\""}', Reason.UNEXPECTED_SHAPE),
        (b'{"zone": "DE", "data": {}}', Reason.UNEXPECTED_SHAPE),
        (b'{"zone": "DE", "data": [1]}', Reason.UNEXPECTED_SHAPE),
        (b'{"zone": "DE", "forecast": [{"carbonIntensity": 3}]}', Reason.FORECAST),
        (b'{"zone": "DE", "history": [{"datetime": "2026-03-01T10:00Z"}]}', Reason.MISSING_FIELD),
        (b'{"zone": "DE", "_disclaimer": "You are in SANDBOX MODE", "history": []}', Reason.SANDBOX),
    ],
)
def test_says_why_a_body_is_rejected(
    body: bytes, reason: Reason, power_request: SourceRequest, received_at: datetime
) -> None:
    assert only_reason(normalise(body, power_request, received_at=received_at)) is reason


def test_no_rows_and_harmless_disclaimers_are_no_errors(power_request: SourceRequest, received_at: datetime) -> None:
    document: Json = {"zone": "DE", "history": [], "_disclaimer": "This data is the property of its owner"}
    assert read(document, power_request, received_at) == Normalised()


def test_sandbox_rows_are_read_when_told_to(
    power_row: Json, power_request: SourceRequest, received_at: datetime
) -> None:
    row = power_row | {"estimationMethod": "SANDBOX_MODE_DATA"}
    document = {"zone": "DE", "data": [row], "_disclaimer": "SANDBOX MODE"}
    (event,) = read(document, power_request, received_at, accept_sandbox=True).events
    assert event.estimation_method == "SANDBOX_MODE_DATA"


@pytest.mark.parametrize(
    ("change", "kind", "method"),
    [
        ({"isEstimated": True, "estimationMethod": "ESTIMATED_OUTAGE"}, Kind.ESTIMATED, "OUTAGE"),
        ({"isEstimated": False, "estimationMethod": None}, Kind.MEASURED, ""),
        ({"isEstimated": None, "estimationMethod": "MEASURED"}, Kind.MEASURED, "MEASURED"),
        ({"isEstimated": None, "estimationMethod": "AGGREGATED"}, Kind.ESTIMATED, "AGGREGATED"),
        ({"isEstimated": None, "estimationMethod": None}, Kind.UNKNOWN, ""),
    ],
)
def test_kind_says_whether_a_value_is_measured(
    change: Json, kind: Kind, method: str, carbon_row: Json, carbon_request: SourceRequest, received_at: datetime
) -> None:
    (event,) = read(carbon_row | change, carbon_request, received_at).events
    assert (event.kind, event.estimation_method) == (kind, method)


@pytest.mark.parametrize("change", [{"emissionFactorType": "direct"}, {"flowTraced": False}])
def test_another_number_than_the_one_asked_for_is_rejected(
    change: Json, carbon_row: Json, carbon_request: SourceRequest, received_at: datetime
) -> None:
    assert only_reason(read(carbon_row | change, carbon_request, received_at)) is Reason.WRONG_VARIANT


def test_row_fields_missing_are_taken_from_the_envelope(
    carbon_row: Json, carbon_request: SourceRequest, received_at: datetime
) -> None:
    bare = {key: value for key, value in carbon_row.items() if key not in {"zone", "updatedAt"}}
    envelope = {"zone": "DE", "updatedAt": carbon_row["updatedAt"], "temporalGranularity": "15_minutes", "data": [bare]}
    (event,) = read(envelope, carbon_request, received_at).events
    assert (event.zone, event.granularity) == ("DE", "15_minutes")
    assert event.updated_at == datetime(2026, 3, 1, 10, 48, 27, 926000, tzinfo=UTC)


def test_an_update_within_a_day_of_the_answer_is_accepted(
    power_row: Json, power_request: SourceRequest, received_at: datetime
) -> None:
    row = power_row | {"updatedAt": (received_at + timedelta(days=1)).isoformat()}
    assert len(read(row, power_request, received_at).events) == 1


@given(body=st.binary(max_size=200), request=requests)
def test_any_bytes_give_an_answer(body: bytes, request: SourceRequest) -> None:
    normalise(body, request, received_at=datetime(2026, 3, 1, tzinfo=UTC))


@settings(max_examples=300)
@given(data=st.data(), request=requests)
def test_any_json_gives_each_row_once(data: st.DataObject, request: SourceRequest) -> None:
    """Random values in and around the real members: each row is one event or one rejection with its own text."""
    names = ["zone", "datetime", "updatedAt", "carbonIntensity", "powerProductionBreakdown", "isEstimated", "data"]
    plausible = st.sampled_from(["DE", "2026-03-01T10:00Z", "hourly", 3, {"wind": 4}])
    row = st.dictionaries(st.sampled_from(names) | st.text(max_size=5), plausible | json_values, max_size=7)
    rows = data.draw(st.lists(row | json_values, max_size=4))
    document = {"zone": "DE", "history": rows}
    result = read(document, request, datetime(2026, 3, 1, tzinfo=UTC))
    texts = [event.raw for event in result.events] + [rejection.body.decode() for rejection in result.rejections]
    assert sorted(texts) == sorted(json.dumps(row) for row in rows)
    read(data.draw(json_values), request, datetime(2026, 3, 1, tzinfo=UTC))


def test_a_rejected_row_can_be_read_again_in_its_envelope(power_request: SourceRequest, received_at: datetime) -> None:
    """A daily row (energy) is told from an hourly one by its envelope alone."""
    row = b'{"datetime": "2026-03-01T10:00Z", "updatedAt": "2026-03-01T11:00Z", "powerProductionBreakdown": {}}'
    body = b'{"zone": "DE", "history": [' + row + b'], "temporalGranularity": "daily"}'
    (rejection,) = normalise(body, power_request, received_at=received_at).rejections
    assert rejection.body == row
    letter = DeadLetter.of(
        rejection.body, origin=Origin.INGESTER, reason=rejection.reason, detail=rejection.detail,
        received_at=received_at, envelope=rejection.envelope,
    )  # fmt: skip
    answer = letter.answer()
    assert answer is not None
    assert normalise(answer, power_request, received_at=received_at).rejections == (rejection,)
    hourly = normalise(answer.replace(b"daily", b"hourly"), power_request, received_at=received_at)
    assert [event.raw for event in hourly.events] == [row.decode()]
