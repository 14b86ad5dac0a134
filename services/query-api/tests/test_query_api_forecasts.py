"""The routes about forecasts over a real Cassandra with the real schema."""

import csv
import importlib
import io
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest

from .conftest import HOUR, NOW, THIS_HOUR, Api, Writer, carbon_row, z
from .test_query_api_openapi import validate

pa: Final[Any] = importlib.import_module("pyarrow")  # it has no type information
ISSUED_AT: Final = NOW.replace(minute=20, second=3, microsecond=692_000)


@pytest.fixture(scope="module")
def fresh_zones() -> Iterator[str]:
    return (f"XF-{number}" for number in count())


@pytest.fixture
def zone(fresh_zones: Iterator[str], writer: Writer) -> str:
    """A zone that no reference has, with an hour of data."""
    key = next(fresh_zones)
    writer.carbon(key, [carbon_row(THIS_HOUR, 5)])
    return key


def of(zone: str, what: str = "forecast") -> str:
    return f"/v1/zones/{zone}/{what}"


def hours(start: datetime, *values: float) -> dict[datetime, float]:
    return {start + number * HOUR: value for number, value in enumerate(values)}


@pytest.mark.engines
async def test_the_newest_forecast_in_every_format(served: Api, writer: Writer, zone: str) -> None:
    writer.forecast(zone, ISSUED_AT - HOUR, hours(THIS_HOUR - HOUR, 9, 9, 9))
    writer.forecast(zone, ISSUED_AT, hours(THIS_HOUR, 300, math.nan, 280.5))
    writer.forecast(zone, NOW + HOUR, hours(THIS_HOUR + HOUR, 8, 8, 8))  # by a source whose clock is ahead
    writer.forecast(zone, ISSUED_AT, hours(THIS_HOUR, 7), variant="direct")
    document = await served.json(of(zone))
    header = {name: value for name, value in document.items() if name not in ("data", "attribution")}
    assert header == {
        "zone": zone,
        "granularity": "hourly",
        "variant": "lifecycle",
        "unit": "gCO2eq/kWh",
        "issued_at": z(ISSUED_AT),
        "age_seconds": int((NOW - ISSUED_AT).total_seconds()),
        "next": None,
    }
    assert [(row["at"], row["carbon_intensity_gco2eq_per_kwh"]) for row in document["data"]] == [
        (z(THIS_HOUR), 300),
        (z(THIS_HOUR + HOUR), None),
        (z(THIS_HOUR + 2 * HOUR), 280.5),
    ]
    rows = list(csv.DictReader(io.StringIO((await served.get(of(zone), format="csv")).text)))
    assert [(row["zone"], row["at"], row["carbon_intensity_gco2eq_per_kwh"]) for row in rows] == [
        (zone, z(THIS_HOUR), "300.0"),
        (zone, z(THIS_HOUR + HOUR), ""),
        (zone, z(THIS_HOUR + 2 * HOUR), "280.5"),
    ]
    table = pa.ipc.open_stream((await served.get(of(zone), format="arrow")).content).read_all()
    assert table.schema.metadata[b"unit"] == b"gCO2eq/kWh"
    assert [z(row["issued_at"]) for row in table.to_pylist()] == [row["issued_at"] for row in rows]
    assert [row["carbon_intensity_gco2eq_per_kwh"] for row in table.to_pylist()] == [300, None, 280.5]
    (direct,) = (await served.json(of(zone), variant="direct"))["data"]
    assert direct["carbon_intensity_gco2eq_per_kwh"] == 7


@pytest.mark.engines
async def test_an_answer_is_known_again_while_the_issue_is_the_same(served: Api, writer: Writer, zone: str) -> None:
    writer.forecast(zone, ISSUED_AT, hours(THIS_HOUR, 300))
    tag = (await served.get(of(zone))).headers["etag"]
    served.clock.now = NOW + timedelta(minutes=5)
    assert (await served.get(of(zone), headers={"if-none-match": tag})).status_code == 304
    writer.forecast(zone, NOW, hours(THIS_HOUR, 300))
    assert (await served.get(of(zone), headers={"if-none-match": tag})).status_code == 200


@pytest.mark.engines
async def test_earlier_forecasts_stay_as_they_were_issued(served: Api, writer: Writer, zone: str) -> None:
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    issues = [new_year - timedelta(days=3), new_year - HOUR, new_year + HOUR]
    for number, issued_at in enumerate(issues):
        writer.forecast(zone, issued_at, hours(new_year + HOUR, 100 + number))

    async def intensity(**query: Any) -> float:
        return (await served.json(of(zone), **query))["data"][0]["carbon_intensity_gco2eq_per_kwh"]

    assert [await intensity(issued_at=z(issued_at)) for issued_at in issues] == [100, 101, 102]
    assert await intensity(as_of=z(new_year + HOUR)) == 102
    assert await intensity(as_of=z(new_year + HOUR - timedelta(microseconds=1))) == 101, "the month before"
    assert await intensity(as_of=z(new_year - 2 * HOUR)) == 100
    for query in ({"issued_at": z(new_year)}, {"as_of": z(new_year - timedelta(days=4))}):
        problem = await served.get(of(zone), None, **query)
        assert problem.status_code == 404
    both = await served.get(of(zone), issued_at=z(new_year), as_of=z(new_year))
    assert (both.status_code, both.json()["parameter"]) == (400, "as_of")


@pytest.mark.engines
async def test_a_forecast_of_which_a_part_has_come_waits_for_the_rest(served: Api, writer: Writer, zone: str) -> None:
    before, values = ISSUED_AT - HOUR, [300.0, 290.0, 280.0, 270.0]
    writer.forecast(zone, before, hours(THIS_HOUR, *values))
    writer.forecast(zone, ISSUED_AT, hours(THIS_HOUR + HOUR, 200, 100))
    asked: list[tuple[str, dict[str, str]]] = [("forecast", {}), ("best-window", {"duration": "PT1H"})]
    assert [(await served.json(of(zone, what), **query))["issued_at"] for what, query in asked] == [z(before)] * 2
    assert len((await served.json(of(zone), issued_at=z(ISSUED_AT)))["data"]) == 2
    writer.forecast(zone, ISSUED_AT, hours(THIS_HOUR + 3 * HOUR, 150))
    assert [(await served.json(of(zone, what), **query))["issued_at"] for what, query in asked] == [z(ISSUED_AT)] * 2


@pytest.mark.engines
async def test_without_a_forecast(served: Api, zone: str) -> None:
    for what, query in (("forecast", {}), ("best-window", {"duration": "PT3H"})):
        unknown = await served.get(of("XU", what), None, **query)
        assert unknown.json()["type"] == "urn:gridpulse:problem:unknown-zone"
        none = await served.get(of("DE", what), None, **query)
        assert none.json()["type"] == "urn:gridpulse:problem:no-data"
        assert "hourly lifecycle carbon intensity of DE yet" in none.json()["detail"]
    assert (await served.get(of(zone))).json()["type"] == "urn:gridpulse:problem:no-data"
    assert (await served.json(of(zone, "forecast/errors")))["data"] == []


@pytest.mark.engines
async def test_the_best_window(served: Api, writer: Writer, zone: str) -> None:
    writer.forecast(zone, ISSUED_AT, hours(THIS_HOUR, 1, 300, 280, 200, 210, math.nan, 5, 220, 230, 240))
    best = await served.json(of(zone, "best-window"), duration="PT2H")
    assert {name: best[name] for name in best if name not in ("attribution", "granularity", "variant", "unit")} == {
        "zone": zone,
        "issued_at": z(ISSUED_AT),
        "age_seconds": int((NOW - ISSUED_AT).total_seconds()),
        "duration": "PT2H",
        "start": z(THIS_HOUR + 6 * HOUR),
        "end": z(THIS_HOUR + 8 * HOUR),
        "mean_gco2eq_per_kwh": 112.5,
        "soonest_mean_gco2eq_per_kwh": 290,
        "saved_percent": pytest.approx(100 * (1 - 112.5 / 290)),
        "span_start": z(THIS_HOUR + HOUR),
        "span_end": z(THIS_HOUR + 10 * HOUR),
        "span_mean_gco2eq_per_kwh": pytest.approx((300 + 280 + 200 + 210 + 5 + 220 + 230 + 240) / 8),
    }
    (row,) = csv.DictReader(
        io.StringIO((await served.get(of(zone, "best-window"), duration="PT2H", format="csv")).text)
    )
    assert (row["zone"], row["start"], row["mean_gco2eq_per_kwh"]) == (zone, best["start"], "112.5")
    within = await served.json(of(zone, "best-window"), duration="PT2H", within="PT6H")
    assert within["start"] == z(THIS_HOUR + 3 * HOUR)
    problem = await served.get(of(zone, "best-window"), duration="PT5H")
    assert (problem.status_code, problem.json()["parameter"]) == (422, "duration")
    served.clock.now = NOW + 7 * HOUR
    old = await served.get(of(zone, "best-window"), duration="PT2H")
    assert (old.status_code, old.json()["type"]) == (404, "urn:gridpulse:problem:no-fresh-forecast")


@pytest.mark.engines
async def test_errors_against_what_came_true(served: Api, writer: Writer, zone: str) -> None:
    start = datetime(2026, 5, 31, 22, tzinfo=UTC)  # the forecasts lie in two months
    kinds = ["measured", "estimated"]
    writer.carbon(zone, [carbon_row(start + index * HOUR, 100 + index, kind=kinds[index % 2]) for index in range(4)])
    writer.forecast(zone, start - timedelta(minutes=30), hours(start - HOUR, 0, 110, 111, 142))
    writer.forecast(zone, start + timedelta(minutes=150), hours(start + 2 * HOUR, 102, 93, 999))
    query = {"start": z(start), "end": z(start + 4 * HOUR)}
    answer = await served.json(of(zone, "forecast/errors"), **query)
    assert (answer["start"], answer["end"]) == (query["start"], query["end"])
    assert [tuple(errors.values()) for errors in answer["data"]] == [
        (0, 1, 100, 0, 0, 0),
        (1, 2, 50, 0, 10, 10),
        (2, 1, 0, 10, 10, 10),
        (3, 1, 100, 40, 40, 40),
    ]
    arrow = await served.get(of(zone, "forecast/errors"), None, format="arrow", **query)
    table = pa.ipc.open_stream(arrow.content)
    assert table.read_all()["lead_hours"].to_pylist() == [0, 1, 2, 3]
    longer = await served.get(of(zone, "forecast/errors"), start=z(start - timedelta(days=40)), end=z(start))
    assert (longer.status_code, longer.json()["parameter"]) == (400, "start")


@pytest.mark.engines
async def test_answers_are_as_the_openapi_document_says(served: Api, writer: Writer, zone: str) -> None:
    writer.carbon(zone, [carbon_row(THIS_HOUR - HOUR, 5)])
    writer.forecast(zone, ISSUED_AT - 2 * HOUR, hours(THIS_HOUR - 2 * HOUR, 5, 6, math.nan, 3, 4))
    document = await served.json("/openapi.json")
    for what, query in (("forecast", {}), ("best-window", {"duration": "PT1H"}), ("forecast/errors", {})):
        path = of("{zone}", what)
        answer = await served.json(path.format(zone=zone), **query)
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        validate(document, schema, answer)


@pytest.mark.parametrize(
    ("what", "query", "parameter", "reason"),
    [
        ("best-window", {}, "duration", "required"),
        ("best-window", {"duration": "3h"}, "duration", "not an ISO 8601 duration"),
        ("best-window", {"duration": "PT3H", "within": "P1Y"}, "within", "such as PT3H"),
        ("best-window", {"duration": "PT3H", "max_age_hours": "nan"}, "max_age_hours", "less than or equal to 72"),
        ("forecast", {"as_of": "yesterday"}, "as_of", "not an ISO 8601 instant"),
        ("forecast/errors", {"limit": "3"}, "limit", "no such parameter"),
    ],
)
async def test_a_bad_parameter_is_named_with_the_reason(
    api: Api, what: str, query: dict[str, str], parameter: str, reason: str
) -> None:
    answer = await api.get(of("DE", what), None, **query)
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)
    assert reason in answer.json()["detail"]
