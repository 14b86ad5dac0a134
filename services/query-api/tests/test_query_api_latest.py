"""The newest rows over a real Cassandra: what is newest, of what, and how long a tag of it holds."""

import importlib
import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from gridpulse_contract.modes import MODES

from .conftest import (
    HOUR,
    MINUTE,
    NOW,
    THIS_HOUR,
    Api,
    Writer,
    carbon_row,
    power_of,
    power_row,
    z,
)

pytestmark = pytest.mark.engines

pa: Final[Any] = importlib.import_module("pyarrow")  # it has no type information


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
