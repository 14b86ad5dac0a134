"""Every route over a real Cassandra with the real schema."""

import csv
import importlib
import io
import math
import os
import random
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from gridpulse_contract.modes import MODES
from gridpulse_contract.zones import Zone
from gridpulse_platform import CassandraNode, wait_until_async

from .conftest import (
    HOUR,
    NOW,
    Api,
    Writer,
    carbon_row,
    make_api,
    power_row,
    reached,
    settings_for,
    z,
)

pytestmark = pytest.mark.engines

pa: Final[Any] = importlib.import_module("pyarrow")  # it has no type information
THIS_HOUR: Final = NOW.replace(minute=0, second=0)
MINUTE: Final = timedelta(minutes=1)


@pytest.fixture(scope="module")
def fresh_zones() -> Iterator[str]:
    """Keys of zones that no reference has, each for one test."""
    return (f"XT-{number}" for number in count())


@pytest.fixture
def zone(fresh_zones: Iterator[str]) -> str:
    return next(fresh_zones)


def power_of(zone: str) -> str:
    return f"/v1/zones/{zone}/power-breakdown"


async def test_latest_is_the_newest_that_is_not_in_the_future(served: Api, writer: Writer, zone: str) -> None:
    writer.power(
        zone,
        [
            power_row(THIS_HOUR - HOUR, prod_wind_mw=1),
            power_row(
                THIS_HOUR,
                prod_wind_mw=300,
                prod_coal_mw=100,
                prod_hydro_discharge_mw=-40,
                production_total_mw=400,
                consumption_total_mw=410,
                import_total_mw=70,
                export_total_mw=20,
                renewable_percent=75,
                import_mw={"FR": 70.0, "PL": math.nan},
                export_mw={"CH": 20.0},
                kind="estimated",
                estimation_method="TIME_SLICER_AVERAGE",
                quality=("balance", "sign"),
            ),
            power_row(THIS_HOUR + HOUR, prod_wind_mw=999),
        ],
    )
    latest = await served.json(f"{power_of(zone)}/latest")
    assert {key: latest[key] for key in ("zone", "granularity", "unit", "at", "updated_at", "age_seconds", "kind")} == {
        "zone": zone,
        "granularity": "hourly",
        "unit": "MW",
        "at": z(THIS_HOUR),
        "updated_at": z(THIS_HOUR + HOUR),
        "age_seconds": 34 * 60 + 56,
        "kind": "estimated",
    }
    assert latest["estimation_method"] == "TIME_SLICER_AVERAGE"
    assert latest["quality"] == ["balance", "sign"]
    assert "Electricity Maps" in latest["attribution"]
    assert (latest["production_mw"]["wind"], latest["production_mw"]["hydro_discharge"]) == (300, -40)
    assert latest["production_mw"]["nuclear"] is None
    assert latest["consumption_mw"] == dict.fromkeys(MODES)
    assert latest["fossil_free_percent"] is None
    assert (latest["net_import_mw"], latest["balance_mw"]) == (50, 0)
    assert latest["import_mw"] == {"FR": 70, "PL": None}
    assert latest["production_share_percent"]["wind"] == 75
    assert latest["consumption_share_percent"]["wind"] is None

    data = (await served.json(power_of(zone), end=z(NOW + 3 * HOUR)))["data"]
    assert [row["production_mw"]["wind"] for row in data] == [1, 300, 999]


async def test_the_tag_of_latest_holds_while_its_age_grows(served: Api, writer: Writer, zone: str) -> None:
    writer.carbon(zone, [carbon_row(THIS_HOUR, 300)])
    path = f"/v1/zones/{zone}/carbon-intensity/latest"
    first = await served.get(path)
    served.clock.now += timedelta(seconds=30)
    second = await served.get(path)
    assert second.json()["age_seconds"] == first.json()["age_seconds"] + 30
    assert second.headers["etag"] == first.headers["etag"]
    assert (await served.get(path, headers={"if-none-match": first.headers["etag"]})).status_code == 304
    writer.carbon(zone, [carbon_row(THIS_HOUR, 301, updated_at=THIS_HOUR + 2 * HOUR)])
    third = await served.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (third.status_code, third.json()["carbon_intensity_gco2eq_per_kwh"]) == (200, 301)


async def test_latest_looks_into_the_year_before(served: Api, writer: Writer, zone: str) -> None:
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    writer.power(zone, [power_row(new_year - HOUR, prod_wind_mw=7), power_row(new_year + 2 * HOUR, prod_wind_mw=8)])
    served.clock.now = new_year + 20 * MINUTE
    assert (await served.json(f"{power_of(zone)}/latest"))["at"] == z(new_year - HOUR)
    served.clock.now = new_year + 3 * HOUR
    assert (await served.json(f"{power_of(zone)}/latest"))["at"] == z(new_year + 2 * HOUR)


async def test_latest_without_data(served: Api) -> None:
    known = await served.get(f"{power_of('AL')}/latest")
    assert (known.status_code, known.json()["type"]) == (404, "urn:gridpulse:problem:no-data")
    assert "hourly power breakdown of AL" in known.json()["detail"]
    unknown = await served.get(f"{power_of('de')}/latest")
    assert (unknown.status_code, unknown.json()["near_matches"]) == (404, ["DE"])


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


async def test_a_revision_that_takes_a_number_back_shows_null(served: Api, writer: Writer, zone: str) -> None:
    at = THIS_HOUR - 5 * HOUR
    writer.power(
        zone,
        [
            power_row(at, at + 3 * HOUR, kind="measured"),
            power_row(at, at + HOUR, prod_wind_mw=100, kind="estimated"),
            power_row(at, at + 2 * HOUR, prod_wind_mw=200, kind="estimated"),
            power_row(at + HOUR, at + 4 * HOUR, prod_wind_mw=5),
        ],
    )
    assert [row["production_mw"]["wind"] for row in (await served.json(power_of(zone)))["data"]] == [None, 5]

    async def said_by(then: datetime) -> list[tuple[str, float | None]]:
        page = await served.json(power_of(zone), as_of=z(then))
        assert page["as_of"] == z(then)
        return [(row["at"], row["production_mw"]["wind"]) for row in page["data"]]

    assert await said_by(at + HOUR - MINUTE) == []
    assert await said_by(at + HOUR) == [(z(at), 100)]
    assert await said_by(at + 2 * HOUR + MINUTE) == [(z(at), 200)]
    assert await said_by(at + 3 * HOUR) == [(z(at), None)]
    assert await said_by(at + 9 * HOUR) == [(z(at), None), (z(at + HOUR), 5)]
    day = await served.json(power_of(zone), as_of=z(at + 2 * HOUR), resolution="day", start=z(NOW - timedelta(days=1)))
    assert day["data"][0]["production_mwh"]["wind"] == 200

    revisions = (await served.json(f"{power_of(zone)}/revisions", at=z(at)))["data"]
    assert [(row["updated_at"], row["kind"], row["production_mw"]["wind"]) for row in revisions] == [
        (z(at + HOUR), "estimated", 100),
        (z(at + 2 * HOUR), "estimated", 200),
        (z(at + 3 * HOUR), "measured", None),
    ]
    assert len((await served.json(f"{power_of(zone)}/revisions"))["data"]) == 4


@pytest.mark.parametrize("cap", [1, 5, 7, 1000])
async def test_pages_of_revisions_hold_whole_intervals(
    served: Api, writer: Writer, zone: str, cap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridpulse_query_api.repository._MAX_REVISIONS", cap)
    start = datetime(2026, 1, 31, 20, tzinfo=UTC)  # crosses a month, and with it partitions
    written = [
        carbon_row(start + hour * HOUR, 10 * hour + number, start + hour * HOUR + number * MINUTE)
        for hour in range(8)
        for number in range(1, 2 + hour % 4)
    ]
    writer.carbon(zone, written)
    path = f"/v1/zones/{zone}/carbon-intensity"
    bounds = {"start": z(start), "end": z(start + 8 * HOUR)}
    for limit in (3, 1000):
        found = await served.pages(f"{path}/revisions", limit=limit, **bounds)
        assert [row["carbon_intensity_gco2eq_per_kwh"] for row in found] == [row.numbers[0] for row in written]
    one = await served.pages(f"{path}/revisions", at=z(start + 3 * HOUR))
    assert [row["carbon_intensity_gco2eq_per_kwh"] for row in one] == [31, 32, 33, 34]
    as_of = await served.json(path, as_of=z(start + 3 * HOUR + 2 * MINUTE), **bounds)
    assert [row["carbon_intensity_gco2eq_per_kwh"] for row in as_of["data"]] == [1, 12, 23, 32]


async def test_variants_and_granularities_are_told_apart(served: Api, writer: Writer, zone: str) -> None:
    writer.carbon(zone, [carbon_row(THIS_HOUR, 300)])
    writer.carbon(zone, [carbon_row(THIS_HOUR, 200)], variant="direct")
    writer.carbon(zone, [carbon_row(THIS_HOUR + 15 * MINUTE, 250)], granularity="15_minutes")
    path = f"/v1/zones/{zone}/carbon-intensity/latest"
    assert (await served.json(path))["carbon_intensity_gco2eq_per_kwh"] == 300
    direct = await served.json(path, variant="direct")
    assert (direct["variant"], direct["unit"], direct["carbon_intensity_gco2eq_per_kwh"]) == (
        "direct",
        "gCO2eq/kWh",
        200,
    )
    assert (await served.json(path, granularity="15_minutes"))["carbon_intensity_gco2eq_per_kwh"] == 250


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


async def test_flows(served: Api, writer: Writer, zone: str) -> None:
    writer.power(
        zone,
        [
            power_row(THIS_HOUR - HOUR, import_mw={"FR": 100.0}, export_mw={"CH": 30.0}, import_total_mw=100),
            power_row(THIS_HOUR, import_mw={"FR": 300.0, "CH": 10.0}, export_mw={"FR": 50.0, "CH": math.nan}),
        ],
    )
    path = f"/v1/zones/{zone}/flows"
    first, second = (await served.json(path))["data"]
    assert first["net_import_by_neighbour_mw"] == {"FR": 100, "CH": -30}
    assert (first["import_total_mw"], first["net_import_mw"]) == (100, None)
    assert second["net_import_by_neighbour_mw"] == {"FR": 250, "CH": None}
    rows = list(csv.DictReader(io.StringIO((await served.get(path, format="csv")).text)))
    assert [(row["neighbour"], row["import_mw"], row["export_mw"], row["net_import_mw"]) for row in rows] == [
        ("CH", "", "30.0", "-30.0"),
        ("FR", "100.0", "", "100.0"),
        ("CH", "10.0", "", ""),
        ("FR", "300.0", "50.0", "250.0"),
    ]
    day = (await served.json(path, resolution="day", start=z(NOW - timedelta(days=1))))["data"][0]
    assert day["import_mwh"] == {"CH": 10, "FR": 400}


async def test_zones_side_by_side(served: Api, writer: Writer, fresh_zones: Iterator[str]) -> None:
    green, brown, silent = (next(fresh_zones) for _ in range(3))
    writer.carbon(green, [carbon_row(THIS_HOUR - HOUR, 20), carbon_row(THIS_HOUR, 30, kind="estimated")])
    writer.carbon(brown, [carbon_row(THIS_HOUR - HOUR, 600), carbon_row(THIS_HOUR - 2 * HOUR, math.nan)])
    writer.carbon(silent, [carbon_row(THIS_HOUR - 30 * HOUR, 1)])
    zones = f"{green},{brown}"
    compared = await served.json("/v1/compare", zones=zones, start=z(THIS_HOUR - 5 * HOUR))
    assert (compared["unit"], compared["zones"]) == ("gCO2eq/kWh", [green, brown])
    values = [{key: cell and cell["value"] for key, cell in row["values"].items()} for row in compared["data"]]
    assert values == [{green: None, brown: None}, {green: 20, brown: 600}, {green: 30, brown: None}]
    assert compared["data"][2]["values"][brown] is None
    assert compared["data"][2]["values"][green]["kind"] == "estimated"
    rolled = await served.json("/v1/compare", zones=zones, resolution="day", start=z(THIS_HOUR - timedelta(days=1)))
    assert rolled["data"][0]["values"][green] == {
        "value": 25,
        "kind": "mixed",
        "updated_at": z(THIS_HOUR + HOUR),
        "coverage_percent": pytest.approx(200 / 24),
    }
    table = await served.get("/v1/compare", zones=zones, format="csv", start=z(THIS_HOUR - 5 * HOUR))
    assert len(list(csv.DictReader(io.StringIO(table.text)))) == 4

    ranking = await served.json("/v1/ranking", zones=f"{brown},{silent},{green}")
    assert [(row["rank"], row["zone"], row["value"]) for row in ranking["data"]] == [
        (1, green, 30),
        (2, brown, 600),
        (None, silent, 1),
    ]
    assert (ranking["order"], ranking["data"][0]["age_seconds"]) == ("ascending", 34 * 60 + 56)
    older = await served.json("/v1/ranking", zones=f"{brown},{silent},{green}", max_age_hours=48, order="descending")
    assert [row["zone"] for row in older["data"]] == [brown, green, silent]
    everyone = await served.json("/v1/ranking", metric="renewable_percent")
    assert len(everyone["data"]) == len((await served.json("/v1/zones"))["data"])
    unknown = await served.get("/v1/compare", zones=f"{green},Germany")
    assert (unknown.status_code, unknown.json()["parameter"], unknown.json()["near_matches"]) == (404, "zones", ["DE"])


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
