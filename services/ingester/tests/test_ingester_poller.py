import asyncio

import pytest

from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.batch import Batch
from gridpulse_ingester.errors import BadTokenError, DateRangeExceededError, NotEntitledError
from gridpulse_ingester.metrics import Metrics
from gridpulse_ingester.poller import HostHealth, Poller, Polls, label, requests_of
from gridpulse_platform.waiting import wait_until_async
from gridpulse_servicekit.lifecycle import Heartbeat

from .conftest import Canned, FakeApi, MakeSettings, Opened, OpenSource, canned_json

NOT_ENTITLED = canned_json({"error": "Request unauthorized", "message": "You do not have access"}, 401)


def test_everything_to_poll(make_settings: MakeSettings) -> None:
    settings = make_settings(granularities=("hourly", "15_minutes"))
    requests = requests_of(settings, ("DE", "FR"))
    assert len(set(requests)) == len(requests) == 2 * 5 * 2
    assert label(requests[2]) == "DE carbon-intensity lifecycle hourly"


async def test_latest_is_polled_where_history_is_refused(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest
) -> None:
    api.rule = lambda path, _query: NOT_ENTITLED if path.endswith("history") else None
    opened = await open_source()
    polls = Polls(opened.source, opened.settings)
    for _ in range(2):
        assert len((await polls.poll(power_of_de)).events) == 1
    assert [path.rsplit("/", 1)[1] for path in api.paths()] == ["history", "latest", "latest"]


async def test_history_is_tried_again_after_a_while(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest
) -> None:
    api.say("power-breakdown/history", NOT_ENTITLED)
    opened = await open_source(entitlement_recheck_seconds=0.001)
    polls = Polls(opened.source, opened.settings)
    assert len((await polls.poll(power_of_de)).events) == 1
    await asyncio.sleep(0.002)
    assert len((await polls.poll(power_of_de)).events) == 24


async def test_the_list_of_zones_saves_the_first_refusal(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest
) -> None:
    api.say("zones", canned_json({"DE": {"access": ["power-breakdown/latest", "carbon-intensity/history"]}}))
    opened = await open_source()
    polls = Polls(opened.source, opened.settings)
    await polls.learn_access([power_of_de])
    await polls.poll(power_of_de)
    assert api.paths() == ["/v4/zones", "/v4/power-breakdown/latest"]


async def test_a_list_of_zones_that_promises_too_much_does_no_harm(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest
) -> None:
    api.rule = lambda path, _query: None if path == "zones" else NOT_ENTITLED
    opened = await open_source()
    polls = Polls(opened.source, opened.settings)
    await polls.learn_access([power_of_de])
    with pytest.raises(NotEntitledError):
        await polls.poll(power_of_de)


@pytest.mark.parametrize(
    ("canned", "error"),
    [
        (canned_json({"error": "Invalid auth-token"}, 401), BadTokenError),
        (canned_json({"message": "Date range exceeded 10 days limit for hourly data"}, 400), DateRangeExceededError),
    ],
)
async def test_other_refusals_do_not_lead_to_latest(
    api: FakeApi, open_source: OpenSource, power_of_de: SourceRequest, canned: Canned, error: type[Exception]
) -> None:
    api.say("power-breakdown/history", canned)
    opened = await open_source()
    with pytest.raises(error):
        await Polls(opened.source, opened.settings).poll(power_of_de)
    assert len(api.asked) == 1


def test_polls_slow_down_with_each_round_of_failures_and_recover() -> None:
    metrics = Metrics()
    health = HostHealth(requests_per_round=4, max_slowdown=4, metrics=metrics, host="api")
    for _ in range(4):
        health.failed()
    assert health.factor == pytest.approx(2)
    for _ in range(40):
        health.failed()
    assert health.factor == 4
    factor = metrics.registry.get_sample_value("gridpulse_ingester_poll_interval_factor", {"host": "api"})
    assert factor == 4
    for _ in range(4):
        health.answered()
    assert health.factor == pytest.approx(1)


def build_poller(
    opened: Opened, queue: asyncio.Queue[Batch], heartbeat: Heartbeat | None = None
) -> tuple[Poller, tuple[SourceRequest, ...]]:
    requests = requests_of(opened.settings, opened.settings.zones)
    polls = Polls(opened.source, opened.settings)
    beating = heartbeat or Heartbeat(60)
    return Poller(polls, requests, opened.settings, queue, beating, opened.metrics, opened.stop), requests


async def test_polls_everything_at_once_and_then_on_its_cadence(api: FakeApi, open_source: OpenSource) -> None:
    opened = await open_source(zones=("DE", "FR"), poll_period_seconds=0.2)
    queue: asyncio.Queue[Batch] = asyncio.Queue(100)
    heartbeat = Heartbeat(60)
    poller, requests = build_poller(opened, queue, heartbeat)
    polling = asyncio.create_task(poller.run())
    batches = [await asyncio.wait_for(queue.get(), 10) for _ in range(3 * len(requests))]
    assert poller.unpolled == set()
    assert {batch.request for batch in batches} == set(requests)
    assert set(heartbeat.ages_seconds()) == {f"poll-{number}" for number in range(opened.settings.concurrency)}
    opened.stop.set()
    await asyncio.wait_for(polling, 10)
    assert heartbeat.ages_seconds() == {}


async def test_where_kafka_is_slow_polls_wait(api: FakeApi, open_source: OpenSource) -> None:
    opened = await open_source(zones=("DE", "FR", "ES"), poll_period_seconds=0.01, concurrency=2)
    queue: asyncio.Queue[Batch] = asyncio.Queue(1)
    poller, _ = build_poller(opened, queue)
    polling = asyncio.create_task(poller.run())
    await wait_until_async(lambda: len(api.asked) == 3, 10, "one answer queued, and one with each worker")
    await asyncio.sleep(0.1)  # many periods long: a poller that did not wait would have asked again
    assert len(api.asked) == 3
    polling.cancel()
    await asyncio.wait({polling})


async def test_a_refused_request_is_polled_seldom_and_the_others_as_ever(api: FakeApi, open_source: OpenSource) -> None:
    bad_token = canned_json({"error": "Invalid auth-token"}, 401)
    api.rule = lambda _path, query: bad_token if query["zone"] == "FR" else None
    opened = await open_source(zones=("DE", "FR"), signals=("power-breakdown",), poll_period_seconds=0.05)
    queue: asyncio.Queue[Batch] = asyncio.Queue(100)
    poller, _ = build_poller(opened, queue)
    polling = asyncio.create_task(poller.run())
    for _ in range(5):
        assert (await asyncio.wait_for(queue.get(), 10)).request.zone == "DE"
    assert [asked.query["zone"] for asked in api.asked].count("FR") == 1
    opened.stop.set()
    await asyncio.wait_for(polling, 10)


async def test_a_failing_host_is_polled_more_slowly_and_found_again(api: FakeApi, open_source: OpenSource) -> None:
    api.rule = lambda _path, _query: Canned(503)
    opened = await open_source(signals=("power-breakdown",), poll_period_seconds=0.05, retry_attempts=1)
    queue: asyncio.Queue[Batch] = asyncio.Queue(100)
    poller, _ = build_poller(opened, queue)
    labels = {"host": "127.0.0.1"}

    def factor() -> float:
        return opened.metrics.registry.get_sample_value("gridpulse_ingester_poll_interval_factor", labels) or 0

    polling = asyncio.create_task(poller.run())
    await wait_until_async(lambda: factor() == 4, 10, "the slowest cadence")
    api.rule = lambda _path, _query: None
    assert (await asyncio.wait_for(queue.get(), 10)).events
    await wait_until_async(lambda: factor() == 1, 10, "the normal cadence")
    opened.stop.set()
    await asyncio.wait_for(polling, 10)
