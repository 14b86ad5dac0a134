"""Electricity mix and electricity flows say what the power breakdown of the same revision says."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridpulse_contract.models import (
    ElectricityFlowsEvent,
    ElectricityMixEvent,
    Event,
    Granularity,
    Kind,
    PowerBreakdownEvent,
    Signal,
)
from gridpulse_contract.normalise import SourceRequest, normalise
from gridpulse_contract.zones import load_zones
from gridpulse_standin.revisions import floor
from gridpulse_standin.source import Query, Source, Version

Get = Callable[..., Any]
zones = st.sampled_from(sorted(load_zones()))
granularities = st.sampled_from(list(Granularity))
instants = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
ages = st.timedeltas(timedelta(minutes=30), timedelta(days=40))


def event(source: Source, query: Query, at: datetime, now: datetime) -> Event:
    row = source.current(query, at, Version.V4, now)
    assert row is not None
    body = f'{{"zone":"{query.zone}","data":[{row.text}]}}'.encode()
    request = SourceRequest(query.signal, query.zone, query.granularity, query.variant)
    result = normalise(body, request, received_at=now)
    assert (len(result.events), result.rejections, result.unrecognised) == (1, (), frozenset())
    return result.events[0]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zones, instants, granularities, ages)
def test_they_agree_with_the_power_breakdown(
    source: Source, zone: str, instant: datetime, granularity: Granularity, age: timedelta
) -> None:
    at = floor(instant, granularity)
    now = at + age

    def said(signal: Signal, variant: str = "") -> Event:
        return event(source, Query(signal, zone, granularity, variant), at, now)

    power = cast("PowerBreakdownEvent", said(Signal.POWER_BREAKDOWN))
    normal = cast("ElectricityMixEvent", said(Signal.ELECTRICITY_MIX, "normal"))
    traced = cast("ElectricityMixEvent", said(Signal.ELECTRICITY_MIX, "flow-traced"))
    flows = cast("ElectricityFlowsEvent", said(Signal.ELECTRICITY_FLOWS))
    assert {power.updated_at} == {normal.updated_at, traced.updated_at, flows.updated_at}
    assert {power.kind} == {normal.kind, traced.kind}
    assert flows.kind is Kind.UNKNOWN
    for mix, whole in ((normal, power.production_mw), (traced, power.consumption_mw)):
        rounded = {mode: mw if mw is None else round(mw) for mode, mw in mix.mix_mw.by_mode().items()}
        assert rounded == whole.by_mode()
        assert not mix.quality_flags()
    assert (normal.import_total_mw, normal.export_total_mw) == (power.import_total_mw, power.export_total_mw)
    assert (traced.import_total_mw, traced.export_total_mw) == (None, None)
    assert flows.import_mw == {neighbour: mw for neighbour, mw in power.import_mw.items() if mw}
    assert flows.export_mw == {neighbour: mw for neighbour, mw in power.export_mw.items() if mw}


def test_the_normal_mix_is_the_default(get: Get) -> None:
    answer = get("/v4/electricity-mix/latest", zone="DE")
    assert answer == get("/v4/electricity-mix/latest", zone="DE", breakdownType="normal")
    assert list(answer) == ["zone", "temporalGranularity", "unit", "data"]
    assert "flows" not in get("/v4/electricity-mix/latest", zone="DE", breakdownType="flow-traced")["data"][0]["mix"]
    history = get("/v4/electricity-mix/history", zone="DE")
    assert list(history) == ["zone", "temporalGranularity", "unit", "history"]
    methods = {row["estimationMethod"]: row.get("isEstimated") for row in history["history"]}
    assert methods.pop("MEASURED") is None
    assert methods
    assert all(said is True for said in methods.values())


def test_the_ledger_knows_variants_apart(client: httpx.Client, get: Get) -> None:
    for kind in ("normal", "flow-traced"):
        get("/v4/electricity-mix/latest", zone="DE", breakdownType=kind)
    get("/v4/electricity-flows/latest", zone="DE")
    lines = [json.loads(line) for line in client.get("/_standin/ledger").text.splitlines()]
    assert [(line["signal"], line["variant"]) for line in lines] == [
        ("electricity-mix", "normal"),
        ("electricity-mix", "flow-traced"),
        ("electricity-flows", ""),
    ]
    assert [line["row"].get("breakdownType", "") for line in lines] == [line["variant"] for line in lines]


@pytest.mark.parametrize("signal", ["electricity-mix", "electricity-flows"])
def test_a_malformed_row_is_only_one(client: httpx.Client, signal: str) -> None:
    client.post("/_standin/scenarios", json={"fault": "malformed-row"}).raise_for_status()
    body = client.get(f"/v4/{signal}/history?zone=FR").content
    variant = "normal" if signal == "electricity-mix" else ""
    request = SourceRequest(Signal(signal), "FR", variant=variant)
    result = normalise(body, request, received_at=datetime(2026, 3, 18, 14, 40, tzinfo=UTC))
    assert (len(result.events), len(result.rejections)) == (23, 1)


def test_a_signal_can_be_retired(client: httpx.Client) -> None:
    scenario = {"fault": "no-route", "path": "*/power-breakdown/*"}
    client.post("/_standin/scenarios", json=scenario).raise_for_status()
    for version in ("v3", "v4"):
        response = client.get(f"/{version}/power-breakdown/latest?zone=DE")
        assert (response.status_code, response.json()) == (404, {"message": "no Route matched with those values"})
        assert client.get(f"/{version}/carbon-intensity/latest?zone=DE").status_code == 200
    assert client.get("/v4/electricity-mix/latest?zone=DE").status_code == 200
