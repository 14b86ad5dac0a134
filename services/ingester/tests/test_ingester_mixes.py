"""Electricity mix and electricity flows: asked for as v4 has them, each variant by itself."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from gridpulse_contract.models import ElectricityFlowsEvent, ElectricityMixEvent, Kind, Signal
from gridpulse_ingester.poller import Polls, requests_of

from .conftest import FakeApi, MakeSettings, OpenSource, canned_json

MIX, FLOWS = Signal.ELECTRICITY_MIX, Signal.ELECTRICITY_FLOWS


def answer(api: FakeApi, **members: Any) -> dict[str, Any]:
    instants = {"datetime": api.newest.isoformat(), "updatedAt": (api.newest + timedelta(minutes=9)).isoformat()}
    return {"zone": "DE", "temporalGranularity": "hourly", "unit": "MW", "history": [{**instants, **members}]}


async def test_a_mix_is_asked_for_by_variant(api: FakeApi, open_source: OpenSource) -> None:
    opened = await open_source(signals=(MIX, FLOWS))
    requests = requests_of(opened.settings, ("DE",))
    assert [(request.signal, request.variant) for request in requests] == [
        (MIX, "normal"),
        (MIX, "flow-traced"),
        (FLOWS, ""),
    ]
    normal = {"wind": 5.5, "hydro storage": {"charge": 2.25, "discharge": None}, "flows": {"exports": 1, "imports": 3}}
    traced = {"wind": 4.5, "hydro storage": {"discharge": 0.5}}
    api.say(
        "electricity-mix/history",
        canned_json(answer(api, estimationMethod="MEASURED", breakdownType="normal", mix=normal)),
        canned_json(answer(api, isEstimated=True, breakdownType="flow-traced", mix=traced)),
    )
    api.say("electricity-flows/history", canned_json(answer(api, **{"import": {"FR": 3}, "export": {"PL": 1}})))
    polls = Polls(opened.source, opened.settings)
    batches = [await polls.poll(request) for request in requests]
    assert [asked.query.get("breakdownType") for asked in api.asked] == ["normal", "flow-traced", None]
    assert not any("emissionFactorType" in asked.query for asked in api.asked)
    first, second, third = (event for batch in batches for event in batch.events)
    assert isinstance(first, ElectricityMixEvent)
    assert (first.kind, first.mix_mw.hydro_discharge, first.import_total_mw) == (Kind.MEASURED, -2.25, 3)
    assert isinstance(second, ElectricityMixEvent)
    assert (second.variant, second.kind, second.mix_mw.hydro_discharge) == ("flow-traced", Kind.ESTIMATED, 0.5)
    assert isinstance(third, ElectricityFlowsEvent)
    assert (third.kind, third.import_mw, third.export_mw) == (Kind.UNKNOWN, {"FR": 3}, {"PL": 1})


@pytest.mark.parametrize("signal", [MIX, FLOWS])
def test_v3_has_neither(make_settings: MakeSettings, signal: Signal) -> None:
    with pytest.raises(ValidationError, match="set api_version to v4"):
        make_settings(signals=(signal,), api_version="v3")
