"""Electricity mix and electricity flows as the source has them, over a real Cassandra."""

import csv
import io
from typing import Any

import pytest

from .conftest import HOUR, MINUTE, THIS_HOUR, Api, Writer, flows_row, mix_row, z

pytestmark = pytest.mark.engines


async def test_the_mix_of_each_variant(served: Api, writer: Writer, zone: str) -> None:
    path = f"/v1/zones/{zone}/electricity-mix"
    earlier = THIS_HOUR - HOUR
    writer.mix(zone, [mix_row(earlier, wind_mw=4.5), mix_row(THIS_HOUR, wind_mw=5.5, export_total_mw=2)])
    writer.mix(zone, [mix_row(THIS_HOUR, solar_mw=1)], variant="flow-traced")
    latest = await served.json(f"{path}/latest")
    assert (latest["variant"], latest["at"], latest["unit"]) == ("normal", z(THIS_HOUR), "MW")
    assert (latest["mix_mw"]["wind"], latest["mix_mw"]["solar"]) == (5.5, None)
    assert (latest["import_total_mw"], latest["export_total_mw"]) == (None, 2)
    traced = await served.json(f"{path}/latest", variant="flow-traced")
    assert (traced["variant"], traced["mix_mw"]["solar"]) == ("flow-traced", 1)
    rows = (await served.json(path, start=z(earlier)))["data"]
    assert [row["mix_mw"]["wind"] for row in rows] == [4.5, 5.5]
    table = list(csv.DictReader(io.StringIO((await served.get(path, format="csv", start=z(earlier))).text)))
    assert [(row["wind_mw"], row["export_total_mw"]) for row in table] == [("4.5", ""), ("5.5", "2.0")]
    (bucket,) = (await served.json(path, start=z(earlier), end=z(THIS_HOUR), resolution="hour"))["data"]
    assert (bucket["mix_mwh"]["wind"], bucket["mix_mwh"]["solar"]) == (4.5, None)
    assert bucket["coverage_percent_by_value"]["mix_mw"]["wind"] == 100
    table = await served.get(path, format="csv", start=z(earlier), end=z(THIS_HOUR), resolution="hour")
    (line,) = csv.DictReader(io.StringIO(table.text))
    assert (line["wind_mw"], line["wind_mwh"], line["wind_mw_coverage_percent"]) == ("4.5", "4.5", "100.0")
    assert (await served.get(path, variant="lifecycle")).status_code == 400


async def test_flows_by_neighbour(served: Api, writer: Writer, zone: str) -> None:
    path = f"/v1/zones/{zone}/electricity-flows"
    exchanges: dict[str, Any] = {"import_mw": {"FR": 30.0}, "export_mw": {"PL": 5.0}}
    writer.flows(zone, [flows_row(THIS_HOUR, **exchanges)])
    latest = await served.json(f"{path}/latest")
    assert (latest["kind"], latest["import_mw"], latest["export_mw"]) == ("unknown", {"FR": 30}, {"PL": 5})
    assert latest["net_import_by_neighbour_mw"] == {"FR": 30, "PL": -5}
    assert "import_total_mw" not in latest
    (bucket,) = (await served.json(path, start=z(THIS_HOUR), resolution="hour"))["data"]
    assert bucket["import_mwh"] == {"FR": 30}
    table = list(csv.DictReader(io.StringIO((await served.get(path, format="csv", start=z(THIS_HOUR))).text)))
    assert [(row["neighbour"], row["net_import_mw"]) for row in table] == [("FR", "30.0"), ("PL", "-5.0")]
    assert "composed_of" not in table[0]


async def test_every_revision(served: Api, writer: Writer, zone: str) -> None:
    at = THIS_HOUR - HOUR
    writer.mix(zone, [mix_row(at, at + n * MINUTE, wind_mw=n) for n in (1, 2)])
    writer.flows(zone, [flows_row(at, at + n * MINUTE, import_mw={"FR": float(n)}) for n in (3, 4)])
    mixes = (await served.json(f"/v1/zones/{zone}/electricity-mix/revisions", at=z(at)))["data"]
    assert [row["mix_mw"]["wind"] for row in mixes] == [1, 2]
    flows = (await served.json(f"/v1/zones/{zone}/electricity-flows/revisions", at=z(at)))["data"]
    assert [row["import_mw"] for row in flows] == [{"FR": 3}, {"FR": 4}]
