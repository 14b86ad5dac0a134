"""Formats, documents and a failing store: what all routes share, over a real Cassandra with the real schema."""

import csv
import importlib
import io
import math
import os
import signal
from datetime import timedelta
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from gridpulse_contract.modes import MODES
from gridpulse_platform import CassandraNode, wait_until_async

from .conftest import (
    HOUR,
    NOW,
    THIS_HOUR,
    Api,
    Writer,
    carbon_row,
    make_api,
    power_of,
    power_row,
    reached,
    settings_for,
    z,
)

pytestmark = pytest.mark.engines

pa: Final[Any] = importlib.import_module("pyarrow")  # it has no type information


async def test_formats_say_the_same(served: Api, writer: Writer, zone: str) -> None:
    writer.power(
        zone,
        [
            power_row(THIS_HOUR - HOUR, prod_wind_mw=1.5, quality=("range",)),
            power_row(THIS_HOUR, prod_coal_mw=2, import_total_mw=7, export_total_mw=2),
        ],
    )
    documents = (await served.json(power_of(zone)))["data"]
    rows = list(csv.DictReader(io.StringIO((await served.get(power_of(zone), format="csv")).text)))
    arrow = await served.get(power_of(zone), headers={"accept": "application/vnd.apache.arrow.stream"})
    table = pa.ipc.open_stream(arrow.content).read_all()
    assert table.schema.metadata[b"unit"] == b"MW"
    for document, row, record in zip(documents, rows, table.to_pylist(), strict=True):
        assert (row["zone"], record["zone"]) == (zone, zone)
        assert (row["at"], z(record["at"])) == (document["at"], document["at"])
        for mode in MODES:
            value = document["production_mw"][mode]
            assert record[f"prod_{mode}_mw"] == value
            assert row[f"prod_{mode}_mw"] == ("" if value is None else repr(value))
        assert record["net_import_mw"] == document["net_import_mw"]
        assert record["quality"] == document["quality"]
    rolled = await served.get(power_of(zone), format="arrow", resolution="day", start=z(NOW - timedelta(days=1)))
    assert pa.ipc.open_stream(rolled.content).read_all()["prod_wind_mwh"].to_pylist() == [1.5]


async def test_a_zone_that_only_has_data_can_be_read_but_has_no_clock(served: Api, writer: Writer, zone: str) -> None:
    writer.power(zone, [power_row(THIS_HOUR, prod_wind_mw=1)])
    assert len((await served.json(power_of(zone), resolution="hour"))["data"]) == 24
    local = await served.get(power_of(zone), resolution="day", timezone="local")
    assert (local.status_code, local.json()["parameter"]) == (422, "timezone")
    nowhere = await served.get(power_of("XT"), resolution="day")
    assert nowhere.status_code == 404


async def test_answers_are_as_the_openapi_document_says(served: Api, writer: Writer, zone: str) -> None:
    row = power_row(THIS_HOUR, prod_wind_mw=1, import_mw={"FR": math.nan}, kind="estimated")
    writer.power(zone, [row, power_row(THIS_HOUR - HOUR)])
    writer.carbon(zone, [carbon_row(THIS_HOUR, 5)])
    document = await served.json("/openapi.json")
    asked = {
        "/v1/zones": {},
        "/v1/zones/{zone}/power-breakdown": {"as_of": z(NOW)},
        "/v1/zones/{zone}/power-breakdown/latest": {},
        "/v1/zones/{zone}/power-breakdown/revisions": {},
        "/v1/zones/{zone}/carbon-intensity": {},
        "/v1/zones/{zone}/carbon-intensity/latest": {"variant": "lifecycle"},
        "/v1/zones/{zone}/carbon-intensity/revisions": {},
        "/v1/zones/{zone}/flows": {},
        "/v1/compare": {"zones": zone},
        "/v1/ranking": {"zones": f"{zone},DE"},
    }
    with_roll_ups = [path for path in asked if "resolution" in str(document["paths"][path]["get"]["parameters"])]
    for path, query in [*asked.items(), *((path, {**asked[path], "resolution": "hour"}) for path in with_roll_ups)]:
        answer = await served.json(path.format(zone=zone), **query)
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        validator: Any = Draft202012Validator({**schema, "components": document["components"]})
        validator.validate(answer)


async def test_a_store_that_stands_still_is_a_503_and_then_works_again(
    cassandra: CassandraNode, writer: Writer, zone: str
) -> None:
    writer.power(zone, [power_row(THIS_HOUR, prod_wind_mw=1)])
    settings = settings_for(cassandra, writer.keyspace, cassandra_timeout_seconds=0.5)
    pid = cassandra.pid
    assert pid is not None
    async with reached(make_api(settings)) as api:
        os.kill(pid, signal.SIGSTOP)
        try:
            stalled = await api.get(f"{power_of(zone)}/latest")
        finally:
            os.kill(pid, signal.SIGCONT)
        assert stalled.status_code == 503
        assert stalled.headers["retry-after"] == "5"
        assert stalled.json()["type"] == "urn:gridpulse:problem:store-timeout"

        async def works() -> bool:
            return (await api.get(f"{power_of(zone)}/latest")).status_code == 200

        await wait_until_async(works, 30, "reads work again")
        metrics = (await api.get("/metrics")).text
        assert 'gridpulse_query_api_cassandra_reads_total{outcome="timeout"}' in metrics
        assert "gridpulse_query_api_cassandra_connected 1.0" in metrics


async def test_too_many_waiting_reads_are_refused(cassandra: CassandraNode, writer: Writer, zone: str) -> None:
    settings = settings_for(cassandra, writer.keyspace, max_concurrent_reads=1, max_waiting_reads=2)
    async with reached(make_api(settings)) as api:
        refused = await api.get("/v1/ranking")  # reads every zone at once
        assert refused.status_code == 503
        assert refused.json()["type"] == "urn:gridpulse:problem:store-busy"

        async def is_ready() -> bool:
            return (await api.get("/readyz")).status_code == 200

        await wait_until_async(is_ready, 10, "ready again once the other zones' reads have ended")
