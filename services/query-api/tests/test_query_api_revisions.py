"""What the source said before, over a real Cassandra."""

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

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
