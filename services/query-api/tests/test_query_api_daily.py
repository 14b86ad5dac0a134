"""The routes of whole days over a real Cassandra with the real schema."""

import csv
import importlib
import io
import math
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from gridpulse_contract.modes import MODES

from .conftest import NOW, Api, Writer, power_row, z

pa: Final[Any] = importlib.import_module("pyarrow")  # it has no type information
DAY: Final = timedelta(days=1)
UPDATED_AT: Final = datetime(2026, 6, 2, 3, 4, 5, 678_000, tzinfo=UTC)


@pytest.fixture(scope="module")
def fresh_zones() -> Iterator[str]:
    return (f"XD-{number}" for number in count())


@pytest.fixture
def zone(fresh_zones: Iterator[str], writer: Writer) -> str:
    """A zone that no reference has, with an hour of data."""
    key = next(fresh_zones)
    writer.power(key, [power_row(NOW.replace(minute=0, second=0), prod_wind_mw=1)])
    return key


def write_energy(
    writer: Writer, zone: str, day: date, numbers: dict[tuple[str, str], tuple[float, float]], calendar: str = "utc"
) -> None:
    flows = {
        "production": (*MODES, "total"),
        "consumption": (*MODES, "total"),
        "import": ("total",),
        "export": ("total",),
    }
    statement = writer.session.prepare(
        f"INSERT INTO {writer.keyspace}.power_daily (zone, calendar, year, day, flow, mode, energy_mwh, "  # noqa: S608
        "coverage_percent, kind, measured_percent, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'mixed', 87.5, ?)"
    )
    for flow, modes in flows.items():
        for mode in modes:
            energy, coverage = numbers.get((flow, mode), (math.nan, 0.0))
            key = (zone, calendar, day.year, day, flow, mode)
            writer.session.execute(statement, (*key, energy, coverage, UPDATED_AT))


def write_findings(writer: Writer, zone: str, day: date, findings: Iterable[tuple[str, str, int, str]]) -> None:
    statement = writer.session.prepare(
        f"INSERT INTO {writer.keyspace}.data_quality (zone, year, day, rule, severity, findings, detail) "  # noqa: S608
        "VALUES (?, ?, ?, ?, ?, ?, ?)"
    )
    for finding in findings:
        writer.session.execute(statement, (zone, day.year, day, *finding))


@pytest.mark.engines
async def test_energy_of_a_day(served: Api, writer: Writer, zone: str) -> None:
    numbers = {
        ("production", "wind"): (504_000.5, 100.0),
        ("production", "hydro_discharge"): (-1300.0, 75.0),
        ("production", "total"): (600_000.0, 100.0),
        ("import", "total"): (12.0, 50.0),
    }
    write_energy(writer, zone, date(2026, 6, 1), numbers)
    path = f"/v1/zones/{zone}/energy/daily"
    page = await served.json(path)
    assert {name: page[name] for name in ("zone", "calendar", "timezone", "energy_unit", "next")} == {
        "zone": zone,
        "calendar": "utc",
        "timezone": "UTC",
        "energy_unit": "MWh",
        "next": None,
    }
    (day,) = page["data"]
    assert (day["day"], day["at"], day["end"]) == ("2026-06-01", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z")
    assert datetime.fromisoformat(day["updated_at"]) == UPDATED_AT
    assert (day["kind"], day["measured_percent"]) == ("mixed", 87.5)
    assert (day["production_mwh"]["wind"], day["production_mwh"]["hydro_discharge"]) == (504_000.5, -1300)
    assert day["production_mwh"]["coal"] is None
    assert day["consumption_mwh"] == dict.fromkeys(MODES)
    assert (day["production_total_mwh"], day["import_total_mwh"], day["export_total_mwh"]) == (600_000, 12, None)
    coverage = day["coverage_percent_by_value"]
    assert (coverage["production_mwh"]["hydro_discharge"], coverage["import_total_mwh"]) == (75, 50)
    assert (coverage["production_mwh"]["coal"], coverage["export_total_mwh"]) == (0, 0)

    first = await served.get(path)
    again = await served.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    (row,) = csv.DictReader(io.StringIO((await served.get(path, format="csv")).text))
    (record,) = pa.ipc.open_stream((await served.get(path, format="arrow")).content).read_all().to_pylist()
    assert (row["zone"], row["day"], row["prod_wind_mwh"], row["prod_coal_mwh"]) == (zone, "2026-06-01", "504000.5", "")
    assert (record["prod_hydro_discharge_coverage_percent"], record["cons_gas_mwh"]) == (75, None)
    assert (record["import_total_mwh"], record["export_total_coverage_percent"]) == (12, 0)
    assert z(record["at"]) == day["at"]


@pytest.mark.engines
async def test_days_page_by_page_over_a_new_year(served: Api, writer: Writer, zone: str) -> None:
    days = [date(2025, 12, 20) + index * DAY for index in range(30) if index != 7]
    for index, day in enumerate(days):
        write_energy(writer, zone, day, {("production", "wind"): (float(index), 100.0)})
    path = f"/v1/zones/{zone}/energy/daily"
    for limit in (1000, 30, 11, 1):
        found = await served.pages(path, start="2025-12-20", end="2026-01-19", limit=limit)
        assert [row["day"] for row in found] == [day.isoformat() for day in days]
        assert [row["production_mwh"]["wind"] for row in found] == list(range(len(days)))
    answer = await served.get(path, start="2025-12-20", end="2026-01-19", limit=11, format="csv")
    assert answer.headers["link"].startswith(f"<{path}?limit=11&format=csv&start=2025-12-31&end=2026-01-19>")
    few = await served.json(path, start="2025-12-31", end="2026-01-02")
    assert [row["day"] for row in few["data"]] == ["2025-12-31", "2026-01-01"]


@pytest.mark.engines
async def test_local_days_are_as_long_as_the_clock_says(served: Api, writer: Writer, zone: str) -> None:
    for day in (date(2026, 3, 29), date(2025, 10, 26)):
        write_energy(writer, "DE", day, {("production", "wind"): (1.0, 100.0)}, "local")
    page = await served.json("/v1/zones/DE/energy/daily", start="2025-10-01", end="2026-04-01", calendar="local")
    assert (page["calendar"], page["timezone"]) == ("local", "Europe/Berlin")
    hours = [
        (datetime.fromisoformat(row["end"]) - datetime.fromisoformat(row["at"])) / timedelta(hours=1)
        for row in page["data"]
    ]
    assert hours == [25, 23]
    assert (await served.json("/v1/zones/DE/energy/daily", start="2025-10-01", end="2026-04-01"))["data"] == []
    unknown_clock = await served.get(f"/v1/zones/{zone}/energy/daily", calendar="local")
    assert (unknown_clock.status_code, unknown_clock.json()["parameter"]) == (422, "calendar")


@pytest.mark.engines
async def test_findings_of_the_rules(served: Api, writer: Writer, zone: str) -> None:
    write_findings(writer, zone, date(2026, 6, 14), [("gaps", "error", 9, "Nine hours."), ("balance", "ok", 0, "")])
    path = f"/v1/zones/{zone}/data-quality"
    page = await served.json(path)
    assert page["data"] == [
        {"day": "2026-06-14", "rule": "balance", "severity": "ok", "findings": 0, "detail": None},
        {"day": "2026-06-14", "rule": "gaps", "severity": "error", "findings": 9, "detail": "Nine hours."},
    ]
    table = pa.ipc.open_stream((await served.get(path, format="arrow")).content).read_all()
    assert table.to_pylist() == [{"zone": zone, **finding} for finding in page["data"]]


@pytest.mark.engines
async def test_answers_are_as_the_openapi_document_says(served: Api, writer: Writer, zone: str) -> None:
    write_energy(writer, zone, date(2026, 6, 1), {("export", "total"): (1.5, 100.0)})
    write_findings(writer, zone, date(2026, 6, 1), [("sign", "warning", 1, "One."), ("range", "ok", 0, "")])
    document = await served.json("/openapi.json")
    for path in ("/v1/zones/{zone}/energy/daily", "/v1/zones/{zone}/data-quality"):
        answer = await served.json(path.format(zone=zone))
        assert answer["data"]
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        validator: Any = Draft202012Validator({**schema, "components": document["components"]})
        validator.validate(answer)


@pytest.mark.engines
async def test_a_zone_that_nobody_knows_has_no_days(served: Api) -> None:
    for path in ("energy/daily", "data-quality"):
        problem = await served.get(f"/v1/zones/Germany/{path}")
        assert (problem.status_code, problem.json()["near_matches"]) == (404, ["DE"])


@pytest.mark.parametrize(
    ("query", "parameter", "reason"),
    [
        ({"start": "2026-01-01T00:00:00Z"}, "start", "not a date such as 2026-01-31"),
        ({"start": "1767225600"}, "start", "not a date"),
        ({"end": "1999-12-31"}, "end", "outside the years"),
        ({"start": "2026-02-01", "end": "2026-02-01"}, "start", "must be before end"),
        ({"start": "2026-07-01"}, "start", "must be before end 2026-06-16"),
        ({"start": "2016-01-01", "end": "2026-01-01"}, "start", "1830 days at most"),
        ({"calendar": "lunar"}, "calendar", "'utc' or 'local'"),
        ({"granularity": "hourly"}, "granularity", "no such parameter"),
        ({"limit": "0"}, "limit", "greater than or equal to 1"),
    ],
)
async def test_a_bad_parameter_is_named_with_the_reason(
    api: Api, query: dict[str, str], parameter: str, reason: str
) -> None:
    answer = await api.get("/v1/zones/DE/energy/daily", None, **query)
    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter
    assert reason in answer.json()["detail"]
