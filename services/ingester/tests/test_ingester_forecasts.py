"""Forecasts: asked for as the API has them, less often than rows, known by when they were issued."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from gridpulse_contract.models import (
    CarbonIntensityForecastEvent,
    DeadLetter,
    Event,
    Granularity,
    Origin,
    Reason,
    Signal,
)
from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.__main__ import EXIT_CONFIGURATION, main
from gridpulse_ingester.batch import Batch
from gridpulse_ingester.errors import NotEntitledError
from gridpulse_ingester.metrics import Metrics
from gridpulse_ingester.once import poll_once
from gridpulse_ingester.poller import Poller, Polls, requests_of
from gridpulse_ingester.publisher import Result
from gridpulse_ingester.redrive import revive
from gridpulse_platform import KafkaBroker
from gridpulse_servicekit.lifecycle import Heartbeat

from .conftest import HOUR, FakeApi, MakeSettings, OpenSource, canned_json, forecast, messages, publishing

REQUEST = SourceRequest(Signal.CARBON_INTENSITY_FORECAST, "DE", Granularity.HOURLY, "direct")
AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


def issued_at(event: Event) -> datetime:
    at = event.key()[-1]
    assert isinstance(at, datetime)
    return at


async def test_a_forecast_is_asked_for_by_horizon_and_variant(api: FakeApi, open_source: OpenSource) -> None:
    opened = await open_source(forecast_horizon_hours="48")
    batch = await Polls(opened.source, opened.settings).poll(REQUEST)
    (asked,) = api.asked
    assert asked.path == "/v4/carbon-intensity/forecast"
    assert asked.query["horizonHours"] == "48"
    assert asked.query["emissionFactorType"] == "direct"
    assert [event.at for event in batch.events] == [api.newest + number * HOUR for number in range(49)]
    assert {issued_at(event) for event in batch.events} == {api.newest + timedelta(seconds=1)}


@pytest.mark.parametrize("hours", [0, 7, "24.0"])
async def test_other_horizons_are_refused(make_settings: MakeSettings, hours: object) -> None:
    with pytest.raises(ValidationError, match="forecast_horizon_hours"):
        make_settings(forecast_horizon_hours=hours)


async def test_a_key_without_forecasts_is_not_asked_for_them(api: FakeApi, open_source: OpenSource) -> None:
    listing = {"DE": {"access": ["carbon-intensity/history", "power-breakdown/latest"]}}
    api.say("zones", canned_json(listing))
    opened = await open_source()
    polls = Polls(opened.source, opened.settings)
    await polls.learn_access([REQUEST])
    with pytest.raises(NotEntitledError, match="no carbon-intensity/forecast"):
        await polls.poll(REQUEST)
    assert api.paths() == ["/v4/zones"]


async def test_a_plan_without_forecasts_is_asked_once_in_a_while_and_is_no_failure(
    api: FakeApi, open_source: OpenSource
) -> None:
    refusal = canned_json({"error": "Unauthorized", "message": "Request unauthorized for zoneKey=DE"}, 401)
    api.say("carbon-intensity/forecast", refusal)
    opened = await open_source()
    polls = Polls(opened.source, opened.settings)
    for _ in range(3):
        with pytest.raises(NotEntitledError):
            await polls.poll(REQUEST)
    assert api.paths() == ["/v4/carbon-intensity/forecast"]
    nothing_to_publish: Any = SimpleNamespace(publish=None)
    summary = await poll_once([REQUEST], polls, nothing_to_publish, 1, opened.stop)
    assert (summary.exit_code, summary.outcomes) == (0, {"not-entitled": 1})


async def test_a_key_with_forecasts_is_asked_and_asked_again_when_it_was_without(
    api: FakeApi, open_source: OpenSource
) -> None:
    api.say(
        "zones", canned_json({"DE": {"access": ["carbon-intensity/forecast"]}}), canned_json({"DE": {"access": []}})
    )
    opened = await open_source(entitlement_recheck_seconds=0.001)
    polls = Polls(opened.source, opened.settings)
    for _ in range(2):
        await polls.learn_access([REQUEST])
        await asyncio.sleep(0.002)
        assert (await polls.poll(REQUEST)).events


async def test_forecasts_have_a_cadence_of_their_own(api: FakeApi, open_source: OpenSource) -> None:
    opened = await open_source(poll_period_seconds=0.05, forecast_period_seconds=60, emission_factor_types=("direct",))
    requests = requests_of(opened.settings, ("DE",))
    queue: asyncio.Queue[Batch] = asyncio.Queue(100)
    polls = Polls(opened.source, opened.settings)
    poller = Poller(polls, requests, opened.settings, queue, Heartbeat(60), opened.metrics, opened.stop)
    polling = asyncio.create_task(poller.run())
    batches = [await asyncio.wait_for(queue.get(), 10) for _ in range(9)]
    assert [batch.request.signal for batch in batches].count(Signal.CARBON_INTENSITY_FORECAST) == 1
    opened.stop.set()
    await asyncio.wait_for(polling, 10)


@pytest.mark.engines
async def test_a_forecast_is_sent_once_while_the_issue_is_the_same(
    broker: KafkaBroker, api: FakeApi, open_source: OpenSource
) -> None:
    opened = await open_source(
        kafka_bootstrap_servers=broker.bootstrap_servers, zones=("T-FORECAST",), signals=(REQUEST.signal,)
    )
    polls = Polls(opened.source, opened.settings)
    requests = requests_of(opened.settings, opened.settings.zones)
    async with publishing(opened.settings, opened.metrics) as publisher:
        for result in (Result.PUBLISHED, Result.ALREADY_ACKNOWLEDGED):
            summary = await poll_once(requests, polls, publisher, 2, opened.stop)
            assert summary.events == {result: 2 * 25}
        api.newest += HOUR
        assert (await poll_once(requests, polls, publisher, 2, opened.stop)).events == {Result.PUBLISHED: 2 * 25}
    records = await messages(opened.settings, CarbonIntensityForecastEvent.topic, "T-FORECAST")
    assert len(records) == 4 * 25


async def test_the_age_of_a_forecast_is_when_it_was_issued(api: FakeApi, open_source: OpenSource) -> None:
    opened = await open_source()
    metrics = Metrics()
    batch = await Polls(opened.source, opened.settings).poll(REQUEST)
    for event in batch.events:
        metrics.saw_acknowledged(event)
    names = {"zone": "DE", "signal": REQUEST.signal, "variant": "direct", "granularity": "hourly"}
    issue = metrics.registry.get_sample_value("gridpulse_ingester_newest_issue_timestamp_seconds", names)
    assert issue == (api.newest + timedelta(seconds=1)).timestamp()
    assert metrics.registry.get_sample_value("gridpulse_ingester_newest_at_timestamp_seconds", names) is None


async def test_a_message_that_streaming_refused_is_a_forecast_again(api: FakeApi, open_source: OpenSource) -> None:
    opened = await open_source()
    event = (await Polls(opened.source, opened.settings).poll(REQUEST)).events[3]
    letter = DeadLetter.of(
        event.model_dump_json().encode(),
        origin=Origin.STREAMING,
        reason=Reason.SCHEMA_MISMATCH,
        detail="",
        received_at=datetime.now(UTC),
    )
    assert revive(letter, accept_sandbox=False).events == (event,)


async def test_observations_in_place_of_a_forecast_are_dead_lettered(api: FakeApi, open_source: OpenSource) -> None:
    history = {key: value for key, value in forecast("DE", [AT], AT).items() if key != "forecast"}
    api.say("carbon-intensity/forecast", canned_json({**history, "history": forecast("DE", [AT], AT)["forecast"]}))
    opened = await open_source()
    batch = await Polls(opened.source, opened.settings).poll(REQUEST)
    assert batch.events == ()
    assert [letter.reason for letter in batch.letters] == [Reason.FORECAST]
    assert batch.letters[0].signal == Signal.CARBON_INTENSITY_FORECAST
    (event,) = revive(batch.letters[0], accept_sandbox=False).events
    assert event.signal is Signal.CARBON_INTENSITY


async def test_a_forecast_in_place_of_observations_is_redriven_as_one(api: FakeApi, open_source: OpenSource) -> None:
    api.say("carbon-intensity/history", canned_json(forecast("DE", [AT], AT)))
    opened = await open_source()
    asked = SourceRequest(Signal.CARBON_INTENSITY, "DE", Granularity.HOURLY, "direct")
    (letter,) = (await Polls(opened.source, opened.settings).poll(asked)).letters
    assert letter.reason is Reason.FORECAST
    (event,) = revive(letter, accept_sandbox=False).events
    assert (event.signal, event.variant, issued_at(event)) == (Signal.CARBON_INTENSITY_FORECAST, "direct", AT)


def set_environment(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    values = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "API_TOKEN": "t", "ZONES": "DE", **settings}
    for name, value in values.items():
        monkeypatch.setenv(f"GRIDPULSE_INGESTER_{name}", value)


SPAN = ("--start", "2026-01-01T00:00Z", "--end", "2026-01-02T00:00Z")
QUERY_API = ("--query-api-url", "http://127.0.0.1:1")


@pytest.mark.parametrize("command", [("backfill", *SPAN), ("check-range", *SPAN, *QUERY_API), ("repair", *QUERY_API)])
def test_commands_about_the_past_say_that_they_leave_forecasts_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    set_environment(monkeypatch)
    assert main([*command, "--signals", "carbon-intensity-forecast"]) == EXIT_CONFIGURATION
    assert f"{command[0]} leaves forecasts out" in capsys.readouterr().err


@pytest.mark.parametrize("signal", ["electricity-mix", "electricity-flows"])
def test_a_signal_that_the_version_lacks_is_a_mistake_of_configuration(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], signal: str
) -> None:
    set_environment(monkeypatch, API_VERSION="v3", SIGNALS=f"power-breakdown,{signal}")
    assert main(["run", "--once"]) == EXIT_CONFIGURATION
    assert f"{signal}: not in v3 of the API" in capsys.readouterr().err
    monkeypatch.setenv("GRIDPULSE_INGESTER_SIGNALS", "power-breakdown")
    assert main(["backfill", *SPAN, "--signals", signal]) == EXIT_CONFIGURATION
    assert f"{signal}: not in v3 of the API" in capsys.readouterr().err


def test_every_variant_of_a_signal_is_asked_for(make_settings: MakeSettings) -> None:
    settings = make_settings(
        signals="carbon-intensity-forecast,electricity-mix,electricity-flows", emission_factor_types="direct"
    )
    asked = [(request.signal, request.variant) for request in requests_of(settings, ("DE",))]
    assert asked == [
        (Signal.CARBON_INTENSITY_FORECAST, "direct"),
        (Signal.ELECTRICITY_MIX, "normal"),
        (Signal.ELECTRICITY_MIX, "flow-traced"),
        (Signal.ELECTRICITY_FLOWS, ""),
    ]
