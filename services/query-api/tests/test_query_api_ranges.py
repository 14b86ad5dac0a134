"""Ranges over a real Cassandra, page by page and rolled up."""

import csv
import importlib
import io
import math
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import pytest

from gridpulse_contract.zones import Zone
from gridpulse_platform import CassandraNode

from .conftest import (
    HOUR,
    MINUTE,
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


@pytest.mark.parametrize("seed", range(4))
async def test_paging_walks_everything_exactly_once(served: Api, writer: Writer, zone: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  not for secrets
    start = datetime(2025, 12, 28, tzinfo=UTC)  # so the range crosses a year, and with it partitions
    offsets = sorted(chance.sample(range(240), chance.randrange(60, 240)))
    writer.power(zone, [power_row(start + offset * HOUR, prod_wind_mw=offset) for offset in offsets])
    begin, end = chance.randrange(0, 60), chance.randrange(150, 250)
    for limit in (1000, chance.randrange(20, 60), chance.randrange(3, 20)):
        bounds = {"start": z(start + begin * HOUR), "end": z(start + end * HOUR), "limit": limit}
        rows = await served.pages(power_of(zone), **bounds)
        assert [row["production_mw"]["wind"] for row in rows] == [o for o in offsets if begin <= o < end]
        carbonless = await served.pages(f"/v1/zones/{zone}/flows", **bounds)
        assert [row["at"] for row in carbonless] == [row["at"] for row in rows]
        compared = await served.pages("/v1/compare", zones=zone, metric="net_import_mw", **bounds)
        assert [row["at"] for row in compared] == [row["at"] for row in rows]


async def test_the_next_link_is_in_a_header_too(served: Api, writer: Writer, zone: str) -> None:
    writer.power(zone, [power_row(THIS_HOUR - hour * HOUR, prod_wind_mw=hour) for hour in range(10)])
    found: list[str] = []
    answer = await served.get(power_of(zone), format="csv", limit=7)
    while True:
        found += [row["at"] for row in csv.DictReader(io.StringIO(answer.text))]
        if "link" not in answer.headers:
            break
        address, relation = answer.headers["link"].split("; ")
        assert relation == 'rel="next"'
        answer = await served.get(address.strip("<>"))
    assert found == [z(THIS_HOUR - hour * HOUR) for hour in reversed(range(10))]


async def test_more_rows_than_a_page_of_the_driver(served: Api, writer: Writer, zone: str) -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    step = 5 * MINUTE
    writer.power(zone, [power_row(start + index * step, prod_wind_mw=index) for index in range(2300)], "5_minutes")
    bounds = {"start": z(start), "end": z(start + 2300 * step), "granularity": "5_minutes"}
    rows = (await served.json(power_of(zone), limit=2500, **bounds))["data"]
    assert [row["production_mw"]["wind"] for row in rows] == list(range(2300))
    (day, *_) = (await served.json(power_of(zone), resolution="day", **bounds))["data"]
    assert (day["expected_rows"], day["rows"]) == (288, 288)
    assert day["production_mwh"]["wind"] == pytest.approx(sum(range(288)) / 12)


@pytest.mark.parametrize(("date", "hours"), [(datetime(2026, 3, 29), 23), (datetime(2025, 10, 26), 25)])  # noqa: DTZ001  a date
async def test_days_of_berlin_when_clocks_change(served: Api, writer: Writer, date: datetime, hours: int) -> None:
    first = date.replace(tzinfo=UTC) - timedelta(days=1)
    writer.power("DE", [power_row(first + hour * HOUR, prod_wind_mw=1000) for hour in range(72)])
    bounds = {"start": z(first), "end": z(first + 72 * HOUR), "resolution": "day"}
    local = await served.json(power_of("DE"), timezone="local", **bounds)
    assert local["timezone"] == "Europe/Berlin"
    changed = local["data"][0]
    start, end = (datetime.fromisoformat(changed[name]) for name in ("at", "end"))
    assert end - start == hours * HOUR
    assert (changed["expected_rows"], changed["rows"], changed["coverage_percent"]) == (hours, hours, 100)
    assert changed["production_mwh"]["wind"] == hours * 1000
    assert changed["production_mw"]["wind"] == 1000
    utc = await served.json(power_of("DE"), **bounds)
    assert utc["timezone"] == "UTC"
    assert [day["expected_rows"] for day in utc["data"]] == [24, 24, 24]
    assert [day["production_mwh"]["wind"] for day in utc["data"]] == [24_000] * 3


async def test_roll_ups_page_by_page(served: Api, writer: Writer) -> None:
    start = datetime(2024, 12, 1, tzinfo=UTC)
    writer.carbon("FR", [carbon_row(start + hour * HOUR, hour % 24) for hour in range(90 * 24)])
    bounds = {"start": z(start), "end": z(start + timedelta(days=90)), "timezone": "local"}
    path = "/v1/zones/FR/carbon-intensity"
    days = await served.pages(path, resolution="day", limit=13, **bounds)
    assert len(days) == 90
    assert all(before["end"] == after["at"] for before, after in pairwise(days))
    assert sum(day["rows"] for day in days) == 90 * 24 - 23  # the first hours are of a day that started before
    months = await served.pages(path, resolution="month", limit=1, **bounds)
    assert [month["expected_rows"] for month in months] == [31 * 24, 28 * 24, 31 * 24 - 1]
    assert months[0]["coverage_percent"] == 100
    assert months[0]["carbon_intensity_gco2eq_per_kwh"] == pytest.approx(11.5)


async def test_nulls_never_poison_a_mean(served: Api, writer: Writer, zone: str) -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    writer.carbon(zone, [carbon_row(start + hour * HOUR, math.nan if hour % 2 else 100) for hour in range(12)])
    (day,) = (
        await served.json(
            f"/v1/zones/{zone}/carbon-intensity", start=z(start), end=z(start + 24 * HOUR), resolution="day"
        )
    )["data"]
    assert day["carbon_intensity_gco2eq_per_kwh"] == 100
    assert day["coverage_percent"] == 50
    assert day["coverage_percent_by_value"] == {"carbon_intensity_gco2eq_per_kwh": 25}


async def test_a_column_that_older_rows_lack_is_null(served: Api, writer: Writer, zone: str) -> None:
    writer.power(zone, [power_row(THIS_HOUR, prod_wind_mw=1, prod_solar_mw=2, renewable_percent=3)])
    writer.session.execute(
        f"INSERT INTO {writer.keyspace}.power_breakdown (zone, granularity, year, at, prod_wind_mw, kind, updated_at) "  # noqa: S608
        f"VALUES ('{zone}', 'hourly', 2026, '{z(THIS_HOUR - HOUR)}', 9, 'measured', '{z(THIS_HOUR)}')"
    )
    older, newer = (await served.json(power_of(zone)))["data"]
    assert (older["production_mw"]["wind"], older["production_mw"]["solar"], older["renewable_percent"]) == (
        9,
        None,
        None,
    )
    assert (older["quality"], older["import_mw"], older["estimation_method"]) == ([], {}, None)
    assert (newer["production_mw"]["solar"], newer["renewable_percent"]) == (2, 3)


async def test_half_an_hour_of_offset_needs_finer_rows(cassandra: CassandraNode, writer: Writer) -> None:
    india = Zone("IN-SO", "Southern India", "IN", "Asia/Kolkata", None, ())
    async with reached(make_api(settings_for(cassandra, writer.keyspace), {"IN-SO": india})) as api:
        hourly = await api.get(power_of("IN-SO"), resolution="day", timezone="local")
        assert (hourly.status_code, hourly.json()["parameter"]) == (422, "granularity")
        assert "15_minutes" in hourly.json()["detail"]
        day = datetime(2026, 6, 13, 18, 30, tzinfo=UTC)
        quarters = [power_row(day + index * 15 * MINUTE, prod_wind_mw=4) for index in range(96)]
        writer.power("IN-SO", quarters, "15_minutes")
        bounds = {"start": z(day), "end": z(day + HOUR), "granularity": "15_minutes"}
        (found,) = (await api.json(power_of("IN-SO"), resolution="day", timezone="local", **bounds))["data"]
        assert (found["expected_rows"], found["coverage_percent"], found["production_mwh"]["wind"]) == (96, 100, 96)
