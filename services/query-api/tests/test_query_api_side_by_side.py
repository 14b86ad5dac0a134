"""Zones side by side, and the flows between them, over a real Cassandra."""

import csv
import importlib
import io
import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from .conftest import (
    HOUR,
    NOW,
    THIS_HOUR,
    Api,
    Writer,
    carbon_row,
    power_row,
    z,
)

pytestmark = pytest.mark.engines

pa: Final[Any] = importlib.import_module("pyarrow")  # it has no type information


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
