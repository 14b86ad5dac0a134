"""Streams over a real server and a real Cassandra: what is told, to whom, and how few reads it takes."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from gridpulse_platform import CassandraNode, free_port, wait_until_async
from gridpulse_query_api import streams
from gridpulse_query_api.errors import TooManyStreamsError
from gridpulse_query_api.following import RowKey
from gridpulse_query_api.metrics import Metrics
from gridpulse_query_api.streams import EventStream, StreamHub
from gridpulse_servicekit.operations import serve

from .conftest import (
    HOUR,
    THIS_HOUR,
    Api,
    Writer,
    carbon_row,
    flows_row,
    make_api,
    mix_row,
    power_row,
    reached,
    settings_for,
    z,
)

PERIOD_SECONDS = 0.05
PATIENCE_SECONDS = 10


class Event(NamedTuple):
    name: str
    id: str
    data: dict[str, Any]


@asynccontextmanager
async def running(api: Api) -> AsyncGenerator[httpx.AsyncClient]:
    """The app behind a socket, since a test without a network gets a stream only when it has ended."""
    port = free_port()
    async with (
        serve(api.app, "127.0.0.1", port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE_SECONDS) as client,
    ):
        yield client


@pytest.fixture
async def streaming(cassandra: CassandraNode, writer: Writer) -> AsyncGenerator[Api]:
    async with reached(
        make_api(settings_for(cassandra, writer.keyspace, stream_period_seconds=PERIOD_SECONDS, max_streams=3))
    ) as api:
        yield api


async def events(response: httpx.Response) -> AsyncIterator[Event]:
    name, identity, data = "", "", ""
    async for line in response.aiter_lines():
        field, _, value = line.partition(": ")
        match field:
            case "event":
                name = value
            case "id":
                identity = value
            case "data":
                data = value
            case "" if not line:
                if data or identity:
                    yield Event(name, identity, json.loads(data or "{}"))
                name = identity = data = ""
            case _:
                pass


async def next_event(stream: AsyncIterator[Event]) -> Event:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await anext(stream)


@pytest.mark.engines
async def test_a_stream_begins_with_the_newest_rows_and_goes_on_with_what_changes(
    streaming: Api, writer: Writer, zone: str
) -> None:
    writer.power(zone, [power_row(THIS_HOUR - HOUR, prod_wind_mw=1), power_row(THIS_HOUR, prod_wind_mw=2)])
    writer.carbon(zone, [carbon_row(THIS_HOUR, 300)])
    async with running(streaming) as client, client.stream("GET", f"/v1/zones/{zone}/stream") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        told = events(response)
        first = {event.name: event.data for event in (await next_event(told), await next_event(told))}
        assert first["power-breakdown"]["production_mw"]["wind"] == 2
        assert first["carbon-intensity"]["carbon_intensity_gco2eq_per_kwh"] == 300
        latest = (await client.get(f"/v1/zones/{zone}/power-breakdown/latest")).json()
        assert first["power-breakdown"] == {name: value for name, value in latest.items() if name != "age_seconds"}

        writer.power(zone, [power_row(THIS_HOUR - HOUR, THIS_HOUR + HOUR, prod_wind_mw=1.5)])
        revised = await next_event(told)
        assert (revised.data["at"], revised.data["production_mw"]["wind"]) == (z(THIS_HOUR - HOUR), 1.5)
        assert revised.id

        streaming.clock.now += HOUR
        writer.carbon(zone, [carbon_row(THIS_HOUR + HOUR, 310)])
        new = await next_event(told)
        while not new.data:  # a row may have left the window meanwhile
            new = await next_event(told)
        assert (new.name, new.data["at"]) == ("carbon-intensity", z(THIS_HOUR + HOUR))


@pytest.mark.engines
async def test_what_is_composed_is_told_too_until_the_source_says_it(streaming: Api, writer: Writer, zone: str) -> None:
    writer.mix(zone, [mix_row(THIS_HOUR, wind_mw=2)])
    async with running(streaming) as client, client.stream("GET", f"/v1/zones/{zone}/stream") as response:
        told = events(response)
        first = await next_event(told)
        assert (first.name, first.data["production_mw"]["wind"]) == ("power-breakdown", 2)
        assert first.data["composed_of"] == ["electricity-mix/normal"]
        writer.flows(zone, [flows_row(THIS_HOUR, import_mw={"FR": 3.0})])
        assert (await next_event(told)).data["import_mw"] == {"FR": 3}
        writer.power(zone, [power_row(THIS_HOUR, prod_wind_mw=4)])
        said = (await next_event(told)).data
        assert (said["production_mw"]["wind"], "composed_of" in said) == (4, False)


@pytest.mark.engines
async def test_who_comes_back_gets_what_changed_meanwhile(streaming: Api, writer: Writer, zone: str) -> None:
    path = f"/v1/zones/{zone}/stream"
    writer.power(zone, [power_row(THIS_HOUR - n * HOUR, prod_wind_mw=n) for n in range(3)])
    async with running(streaming) as client, client.stream("GET", path) as staying:
        kept = events(staying)  # keeps the watch, and with it what it remembers
        known = (await next_event(kept)).id
        writer.power(zone, [power_row(THIS_HOUR - HOUR, THIS_HOUR + HOUR, prod_wind_mw=50)])
        await next_event(kept)
        async with client.stream("GET", path, headers={"last-event-id": known}) as back:
            missed = await next_event(events(back))
            assert (missed.data["at"], missed.data["production_mw"]["wind"]) == (z(THIS_HOUR - HOUR), 50)
        async with client.stream("GET", path, headers={"last-event-id": "of another server"}) as stranger:
            told = events(stranger)
            winds = [(await next_event(told)).data["production_mw"]["wind"] for _ in range(3)]
            assert winds == [2, 50, 0]


@pytest.mark.engines
async def test_rows_older_than_the_window_are_not_told(streaming: Api, writer: Writer, zone: str) -> None:
    writer.power(zone, [power_row(THIS_HOUR - timedelta(days=3), prod_wind_mw=1)])
    async with running(streaming) as client, client.stream("GET", f"/v1/zones/{zone}/stream") as response:
        told = events(response)
        assert (await next_event(told)).data == {}
        writer.power(zone, [power_row(THIS_HOUR, prod_wind_mw=2)])
        assert (await next_event(told)).data["at"] == z(THIS_HOUR)


@pytest.mark.engines
async def test_a_new_forecast_is_told_whole(streaming: Api, writer: Writer, zone: str) -> None:
    writer.power(zone, [power_row(THIS_HOUR, prod_wind_mw=2)])
    now = streaming.clock.now
    writer.forecast(zone, now - HOUR, {THIS_HOUR: 290.0})
    async with running(streaming) as client, client.stream("GET", f"/v1/zones/{zone}/stream") as response:
        told = events(response)
        first = {event.name: event.data for event in (await next_event(told), await next_event(told))}
        assert first["forecast"]["data"][0]["carbon_intensity_gco2eq_per_kwh"] == 290
        writer.forecast(zone, now, {THIS_HOUR: 280.0, THIS_HOUR + HOUR: 270.0})
        new = await next_event(told)
        while len(new.data["data"]) < 2:  # a look may have come between its two rows
            new = await next_event(told)
        answer = (await client.get(f"/v1/zones/{zone}/forecast")).json()
        assert new.name == "forecast"
        assert new.data == {name: value for name, value in answer.items() if name not in ("age_seconds", "next")}


@pytest.mark.engines
async def test_what_keeps_a_stream_from_beginning_is_a_problem(streaming: Api, writer: Writer, zone: str) -> None:
    writer.power(zone, [power_row(THIS_HOUR, prod_wind_mw=1)])
    path = f"/v1/zones/{zone}/stream"
    async with running(streaming) as client:
        unknown = await client.get("/v1/zones/de/stream")
        assert (unknown.status_code, unknown.json()["near_matches"]) == (404, ["DE"])
        assert (await client.get(path, params={"variant": "x"})).status_code == 400
        async with client.stream("GET", path), client.stream("GET", path), client.stream("GET", path) as third:
            assert third.status_code == 200
            full = await client.get(path)
            assert (full.status_code, full.json()["type"]) == (503, "urn:gridpulse:problem:too-many-streams")
            assert full.headers["retry-after"]

        async def is_free() -> bool:
            return streaming.metrics.registry.get_sample_value("gridpulse_query_api_streams_open") == 0

        await wait_until_async(is_free, PATIENCE_SECONDS, "the streams that clients have left are closed")
        # A stream is no slow request.
        assert streaming.metrics.registry.get_sample_value("gridpulse_query_api_requests_in_progress") == 0


async def test_without_a_store_a_stream_does_not_begin(api: Api) -> None:
    async with running(api) as client:
        refused = await client.get("/v1/zones/DE/stream")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert api.metrics.registry.get_sample_value("gridpulse_query_api_streams_open") == 0


async def test_streams_end_with_the_program(api: Api) -> None:
    hub = StreamHub(PATIENCE_SECONDS, 10, Metrics())
    looks = 0

    async def look() -> dict[RowKey, bytes]:
        nonlocal looks
        looks += 1
        return {RowKey(0, "power-breakdown"): b"{}"}

    async def stream(request: Any) -> EventStream:
        return EventStream(hub, "DE", look, None)

    api.app.add_route("/stream", stream)
    async with running(api) as client, client.stream("GET", "/stream") as one, client.stream("GET", "/stream") as two:
        told = [events(one), events(two)]
        for stream_of_one in told:
            await next_event(stream_of_one)
        assert looks == 1
        hub.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            for stream_of_one in told:
                assert [event async for event in stream_of_one] == []
        assert (await client.get("/stream")).status_code == 503


async def test_a_watch_is_shared_and_ends_with_its_last_follower() -> None:
    looks = 0
    content = b"1"

    async def look() -> dict[RowKey, bytes]:
        nonlocal looks
        looks += 1
        return {RowKey(0, "power-breakdown"): content}

    hub = StreamHub(PERIOD_SECONDS, 100, Metrics())
    async with hub.follow("DE", look) as one, hub.follow("DE", look) as other:
        assert one is other
        assert looks == 1
        news = one.news()
        content = b"2"
        async with asyncio.timeout(PATIENCE_SECONDS):
            await news.wait()
        assert one.followed.newest()[0].data == b"2"
    seen = looks
    await asyncio.sleep(3 * PERIOD_SECONDS)  # time in which a watch that still ran would look
    assert looks == seen
    async with hub.follow("DE", look) as anew:
        assert anew is not one


async def test_a_store_that_fails_meanwhile_does_not_end_a_watch() -> None:
    outcomes: list[bytes | Exception] = [b"1", RuntimeError("a fault"), b"2"]

    async def look() -> dict[RowKey, bytes]:
        outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return {RowKey(0, "power-breakdown"): outcome}

    async with StreamHub(PERIOD_SECONDS, 100, Metrics()).follow("DE", look) as watch:
        news = watch.news()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await news.wait()
        assert watch.followed.newest()[0].data == b"2"


async def test_silence_is_broken_and_a_stream_is_not_for_ever(api: Api, tmp_path: Path) -> None:
    hub = StreamHub(PERIOD_SECONDS, 10, Metrics())

    async def look() -> dict[RowKey, bytes]:
        return {}

    async def stream(request: Any) -> EventStream:
        return EventStream(hub, "DE", look, None, heartbeat_seconds=0.05, max_seconds=0.3)

    api.app.add_route("/stream", stream)
    async with running(api) as client:
        whole = (await client.get("/stream")).text
    assert whole.startswith("retry: 2000\n\nid: ")
    assert whole.count(": still here\n\n") >= 2


async def test_no_more_zones_are_looked_at_than_there_is_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_MAX_WATCHES", 1)
    hub = StreamHub(PATIENCE_SECONDS, 100, Metrics())

    async def look() -> dict[RowKey, bytes]:
        return {}

    async with hub.follow("DE", look), hub.follow("DE", look):
        with pytest.raises(TooManyStreamsError):
            async with hub.follow("FR", look):
                pass
    async with hub.follow("FR", look):
        pass
