"""Power breakdowns that are composed at read, over a real Cassandra: in every view, and with how many reads."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from gridpulse_contract.columns import MIX_NUMBER_COLUMNS
from gridpulse_contract.modes import MODES

from .conftest import HOUR, MINUTE, NOW, THIS_HOUR, Api, Writer, flows_row, mix_row, power_of, power_row, z

pytestmark = pytest.mark.engines

PARTS = ["electricity-mix/normal", "electricity-mix/flow-traced", "electricity-flows"]


@pytest.fixture
def reads(served: Api, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The table of every read from now on."""
    seen: list[str] = []
    read = served.store.read

    async def counted(statement: str, parameters: Any) -> Any:
        seen.append(statement.split(" FROM ")[1].split()[0].partition(".")[2])
        return await read(statement, parameters)

    monkeypatch.setattr(served.store, "read", counted)
    return seen


def write_parts(writer: Writer, zone: str, *hours: datetime, wind_mw: float = 50, kind: str = "measured") -> None:
    """Wind and 10 MW of coal are made, 30 MW more come in, 20 MW of solar and the rest of it wind are consumed."""
    normal: dict[str, Any] = {"wind_mw": wind_mw, "coal_mw": 10, "import_total_mw": 30, "export_total_mw": 0}
    traced: dict[str, Any] = dict.fromkeys(MIX_NUMBER_COLUMNS[: len(MODES)], 0.0) | {
        "wind_mw": wind_mw + 20,
        "solar_mw": 20,
    }
    writer.mix(zone, [mix_row(at, kind=kind, **normal) for at in hours])
    writer.mix(zone, [mix_row(at, at + 2 * HOUR, kind=kind, **traced) for at in hours], variant="flow-traced")
    writer.flows(zone, [flows_row(at, import_mw={"FR": 30.0}) for at in hours])


async def test_a_series_goes_on_without_a_break(served: Api, writer: Writer, zone: str, reads: list[str]) -> None:
    hours = [THIS_HOUR - n * HOUR for n in (5, 4, 3, 2, 1, 0)]
    writer.power(zone, [power_row(at, prod_wind_mw=7, import_total_mw=3) for at in hours[:3]])
    write_parts(writer, zone, *hours[2:])
    rows = (await served.json(power_of(zone), start=z(hours[0])))["data"]
    assert [row["at"] for row in rows] == [z(at) for at in hours]
    assert [row["production_mw"]["wind"] for row in rows] == [7, 7, 7, 50, 50, 50]  # the source's own row wins
    assert [row.get("composed_of") for row in rows] == [None] * 3 + [PARTS] * 3
    last = rows[-1]
    assert last["updated_at"] == z(THIS_HOUR + 2 * HOUR)
    assert (last["production_total_mw"], last["consumption_total_mw"], last["balance_mw"]) == (60, 90, 0)
    assert (last["renewable_percent"], last["fossil_free_percent"]) == (100, 100)
    assert (last["kind"], last["estimation_method"], last["quality"]) == ("measured", None, [])
    day = (await served.json(power_of(zone), start=z(hours[0]), end=z(NOW), resolution="hour"))["data"]
    assert [bucket["production_mwh"]["wind"] for bucket in day] == [7, 7, 7, 50, 50, 50]
    flows = (await served.json(f"/v1/zones/{zone}/flows", start=z(hours[0])))["data"]
    assert [row["import_mw"] for row in flows] == [{}, {}, {}, {"FR": 30}, {"FR": 30}, {"FR": 30}]
    assert [row["import_total_mw"] for row in flows] == [3, 3, 3, 30, 30, 30]
    assert flows[-1]["composed_of"] == PARTS
    table = list(csv.DictReader(io.StringIO((await served.get(power_of(zone), format="csv", start=z(hours[2]))).text)))
    assert [row["composed_of"] for row in table] == ["", *[" ".join(PARTS)] * 3]
    assert set(reads) == {"power_breakdown", "electricity_mix", "electricity_flows"}


async def test_latest_is_the_newest_of_both(served: Api, writer: Writer, zone: str, reads: list[str]) -> None:
    latest = f"{power_of(zone)}/latest"
    writer.power(zone, [power_row(THIS_HOUR - 2 * HOUR, prod_wind_mw=7)])
    assert "composed_of" not in await served.json(latest)
    write_parts(writer, zone, THIS_HOUR - 3 * HOUR, THIS_HOUR - 2 * HOUR)
    assert (await served.json(latest))["production_mw"]["wind"] == 7
    write_parts(writer, zone, THIS_HOUR - HOUR, THIS_HOUR + HOUR, kind="estimated")
    composed = await served.json(latest)
    assert (composed["at"], composed["kind"]) == (z(THIS_HOUR - HOUR), "estimated")
    assert composed["production_share_percent"]["wind"] == 83.33
    assert composed["composed_of"] == PARTS
    writer.power(zone, [power_row(THIS_HOUR, prod_wind_mw=8)])
    reads.clear()
    assert (await served.json(latest))["production_mw"]["wind"] == 8
    assert reads == ["power_breakdown"]


async def test_a_series_that_has_every_row_takes_one_read(
    served: Api, writer: Writer, zone: str, reads: list[str]
) -> None:
    hours = [THIS_HOUR - n * HOUR for n in range(24)]
    writer.power(zone, [power_row(at, prod_wind_mw=7) for at in hours])
    write_parts(writer, zone, *hours)
    for query in ({}, {"start": z(hours[-1]), "end": z(THIS_HOUR)}, {"as_of": z(NOW + HOUR)}):
        reads.clear()
        assert len((await served.json(power_of(zone), **query))["data"]) >= 23
        # Whether a zone that the reference lacks has data is the other read.
        assert set(reads) <= {"power_breakdown", "power_breakdown_revisions"}
        assert len(reads) == 2


async def test_gaps_that_nothing_fills_take_one_read_more(
    served: Api, writer: Writer, zone: str, reads: list[str]
) -> None:
    writer.power(zone, [power_row(THIS_HOUR - n * HOUR, prod_wind_mw=7) for n in (0, 5)])
    assert len((await served.json(power_of(zone)))["data"]) == 2
    assert reads == ["power_breakdown", "power_breakdown", "electricity_mix"]


async def test_without_a_normal_mix_there_is_no_row(served: Api, writer: Writer, zone: str) -> None:
    writer.mix(zone, [mix_row(THIS_HOUR, wind_mw=1)], variant="flow-traced")
    writer.flows(zone, [flows_row(THIS_HOUR, import_mw={"FR": 30.0})])
    assert (await served.get(f"{power_of(zone)}/latest")).status_code == 404
    writer.mix(zone, [mix_row(THIS_HOUR - HOUR, wind_mw=1)])
    row = await served.json(f"{power_of(zone)}/latest")
    assert row["composed_of"] == PARTS[:1]
    assert (row["consumption_total_mw"], row["import_total_mw"], row["renewable_percent"]) == (None, None, None)
    assert (row["consumption_mw"]["wind"], row["import_mw"]) == (None, {})


async def test_what_was_composed_before(served: Api, writer: Writer, zone: str) -> None:
    at, other = THIS_HOUR - 5 * HOUR, THIS_HOUR - 4 * HOUR
    writer.power(zone, [power_row(other, other + HOUR, prod_wind_mw=7), power_row(other, other + 2 * HOUR)])
    writer.mix(zone, [mix_row(other, wind_mw=99)])
    writer.mix(zone, [mix_row(at, at + 10 * MINUTE, wind_mw=1, kind="estimated", estimation_method="MODE_BREAKDOWN")])
    writer.mix(zone, [mix_row(at, at + 50 * MINUTE, wind_mw=2)])
    writer.mix(zone, [mix_row(at, at + 30 * MINUTE, wind_mw=1)], variant="flow-traced")
    writer.flows(zone, [flows_row(at, at + 20 * MINUTE, export_mw={"FR": 1.0})])
    rows = await served.pages(f"{power_of(zone)}/revisions", start=z(at), end=z(THIS_HOUR))
    assert [(row["at"], row["updated_at"], row["production_mw"]["wind"]) for row in rows] == [
        (z(at), z(at + 10 * MINUTE), 1),
        (z(at), z(at + 20 * MINUTE), 1),
        (z(at), z(at + 30 * MINUTE), 1),
        (z(at), z(at + 50 * MINUTE), 2),
        (z(other), z(other + HOUR), 7),
        (z(other), z(other + 2 * HOUR), None),
    ]
    assert [len(row.get("composed_of", ())) for row in rows] == [1, 2, 3, 3, 0, 0]
    assert [row["estimation_method"] for row in rows[:4]] == ["MODE_BREAKDOWN"] * 3 + [None]
    for row in rows[:4]:
        then = (await served.json(power_of(zone), start=z(at), end=z(at + HOUR), as_of=row["updated_at"]))["data"]
        assert then == [row]
    assert (await served.json(power_of(zone), start=z(at), end=z(at + HOUR), as_of=z(at)))["data"] == []


async def test_zones_side_by_side(served: Api, writer: Writer, fresh_zones: Iterator[str]) -> None:
    old, new = next(fresh_zones), next(fresh_zones)
    writer.power(old, [power_row(THIS_HOUR, production_total_mw=55)])
    write_parts(writer, new, THIS_HOUR, THIS_HOUR - HOUR)
    query = {"zones": f"{old},{new}", "metric": "production_total_mw"}
    ranking = (await served.json("/v1/ranking", **query))["data"]
    assert [(member["zone"], member["value"]) for member in ranking] == [(new, 60), (old, 55)]
    compared = (await served.json("/v1/compare", **query))["data"]
    assert [{zone: value and value["value"] for zone, value in row["values"].items()} for row in compared] == [
        {old: None, new: 60},
        {old: 55, new: 60},
    ]


async def test_long_revisions_are_paged_without_a_loss(
    served: Api, writer: Writer, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridpulse_query_api.repository._MAX_REVISIONS", 7)
    hours = [THIS_HOUR - n * HOUR for n in range(9, 0, -1)]
    writer.power(zone, [power_row(at, at + n * HOUR, prod_wind_mw=n) for at in hours[::3] for n in (1, 2, 3)])
    writer.mix(zone, [mix_row(at, at + n * MINUTE, wind_mw=n) for at in hours for n in (1, 3, 5)])
    writer.mix(zone, [mix_row(at, at + n * MINUTE, wind_mw=n) for at in hours for n in (2, 4)], variant="flow-traced")
    rows = await served.pages(f"{power_of(zone)}/revisions", start=z(hours[0]), end=z(THIS_HOUR))
    expected: list[tuple[str, float]] = []
    for index, at in enumerate(hours):
        winds = [1, 2, 3] if index % 3 == 0 else [1, 1, 3, 3, 5]
        expected += [(z(at), wind) for wind in winds]
    assert [(row["at"], row["production_mw"]["wind"]) for row in rows] == expected
