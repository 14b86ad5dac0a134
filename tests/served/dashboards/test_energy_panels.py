"""Every query of a panel to Cassandra or to the query API, on real stores, compared with the API's own answers."""

import dataclasses
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import pytest

from gridpulse_contract.modes import MODES, STORAGE_MODES
from gridpulse_grafana.cql import MODE_TITLES
from gridpulse_grafana.queries import CASSANDRA, QUERY_API
from harness.grafana import Frame, PluginError, Target, View, fetch_api, run_cql, targets

from .conftest import NEW_YEAR, Served

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(400)]

OF_CQL: Final = targets(CASSANDRA.plugin)
OF_API: Final = targets(QUERY_API.plugin)
SEVERAL: Final = ("DE", "ES", "FR")


def by_name(target: Target) -> str:
    return target.name


def target_of(dashboard: str, title: str, among: list[Target] = OF_CQL) -> Target:
    (found,) = (
        target for target in among if (target.dashboard, target.panel["title"]) == (f"gridpulse-{dashboard}", title)
    )
    return found


def takes_several(target: Target) -> bool:
    return "${zone:" in target.query["target"]


def frames(served: Served, target: Target, view: View) -> dict[str, Frame]:
    view = dataclasses.replace(view, zones=SEVERAL if takes_several(target) else ("DE",))
    return run_cql(served.session, view.fill(target.query["target"]))


def api_rows(served: Served, view: View, path: str, zone: str = "DE", **more: Any) -> dict[datetime, dict[str, Any]]:
    rows = served.api(f"/v1/zones/{zone}/{path}", start=view.start.isoformat(), end=view.end.isoformat(), **more)
    return {datetime.fromisoformat(row["at"]): row for row in rows}


def assert_same(found: Mapping[Any, float], expected: Mapping[Any, float | None]) -> None:
    """NaN in the one is null in the other, and neither is 0."""
    assert found.keys() == expected.keys()
    for key, number in expected.items():
        if number is None:
            assert math.isnan(found[key]), key
        else:
            assert found[key] == pytest.approx(number), key


# every query


def views(target: Target) -> list[str]:
    """Where its table has rows: the job that judges has not run on the pipeline's own data."""
    return ["new year"] if "FROM data_quality" in target.query["target"] else ["live", "new year"]


@pytest.mark.parametrize(
    ("target", "view"),
    [pytest.param(target, view, id=f"{target.name}, {view}") for target in OF_CQL for view in views(target)],
)
def test_every_cql_query_gives_series(served: Served, target: Target, view: str) -> None:
    found = frames(served, target, served.live if view == "live" else NEW_YEAR)
    assert found
    for frame in found.values():
        assert frame.times
        for title, numbers in frame.numbers.items():
            assert len(numbers) == len(frame.times), title
    everything = [number for frame in found.values() for numbers in frame.numbers.values() for number in numbers]
    assert not all(math.isnan(number) for number in everything)


@pytest.mark.parametrize("target", OF_API, ids=by_name)
def test_every_query_to_the_api_gives_rows(served: Served, target: Target) -> None:
    rows = list(fetch_api(served.api_url, target.query, NEW_YEAR))
    assert rows
    kinds = {one["text"]: one["type"] for one in target.query["columns"]}
    seen = {title for row in rows for title, value in row.items() if value is not None}
    of_ranking = {"Interval", "Age", "Carbon intensity", "Kind", "Rank"}
    assert {title for title, kind in kinds.items() if kind != "number"} - of_ranking <= seen
    assert any(kinds[title] == "number" for title in seen)


# values


@pytest.mark.parametrize("view", ["live", "new year"])
@pytest.mark.parametrize(
    ("title", "path", "name"),
    [
        ("Carbon intensity", "carbon-intensity", "carbon_intensity_gco2eq_per_kwh"),
        ("Renewable share", "power-breakdown", "renewable_percent"),
        ("Consumption", "power-breakdown", "consumption_total_mw"),
        ("Net import", "power-breakdown", "net_import_mw"),
    ],
)
def test_zones_side_by_side(served: Served, view: str, title: str, path: str, name: str) -> None:
    shown = served.live if view == "live" else NEW_YEAR
    found = frames(served, target_of("overview", title), shown)
    assert found.keys() == set(SEVERAL)
    for zone, frame in found.items():
        rows = api_rows(served, shown, path, zone)
        (numbers,) = frame.numbers
        assert_same(frame.series(numbers), {at: row[name] for at, row in rows.items()})


@pytest.mark.parametrize("view", ["live", "new year"])
@pytest.mark.parametrize(("dashboard", "title"), [("zone", "Production by mode"), ("overview", "Mix of $zone")])
def test_mix_has_storage_below_zero(served: Served, view: str, dashboard: str, title: str) -> None:
    shown = served.live if view == "live" else NEW_YEAR
    frame = frames(served, target_of(dashboard, title), shown)["DE"]
    rows = api_rows(served, shown, "power-breakdown")
    for mode in MODES:
        expected = {at: row["production_mw"][mode] for at, row in rows.items()}
        if mode not in STORAGE_MODES:
            assert_same(frame.series(MODE_TITLES[mode]), expected)
            continue
        storage = "Pumped hydro" if mode.startswith("hydro") else "Battery"
        out, into = frame.series(f"{storage} discharging"), frame.series(f"{storage} charging")
        assert_same({at: out[at] + into[at] for at in out}, expected)
        assert not any(number < 0 for number in out.values())
        assert not any(number > 0 for number in into.values())


@pytest.mark.parametrize("view", ["live", "new year"])
def test_consumption_by_mode(served: Served, view: str) -> None:
    shown = served.live if view == "live" else NEW_YEAR
    frame = frames(served, target_of("zone", "Consumption by mode"), shown)["DE"]
    rows = api_rows(served, shown, "power-breakdown")
    for mode in MODES:
        assert_same(frame.series(MODE_TITLES[mode]), {at: row["consumption_mw"][mode] for at, row in rows.items()})


def test_totals_and_shares_of_a_zone(served: Served) -> None:
    rows = api_rows(served, served.live, "power-breakdown")
    for title, names in {
        "Consumption against production": {
            "Consumption": "consumption_total_mw",
            "Production": "production_total_mw",
            "Net import": "net_import_mw",
        },
        "Renewable and fossil-free share": {"Renewable": "renewable_percent", "Fossil-free": "fossil_free_percent"},
    }.items():
        frame = frames(served, target_of("zone", title), served.live)["DE"]
        for shown, name in names.items():
            assert_same(frame.series(shown), {at: row[name] for at, row in rows.items()})


def test_measured_and_estimated_are_two_series(served: Served) -> None:
    found = frames(served, target_of("zone", "Measured and estimated"), NEW_YEAR)
    rows = api_rows(served, NEW_YEAR, "power-breakdown")
    assert {"measured", "estimated"} <= found.keys() <= {"measured", "estimated", "unknown"}
    for kind, frame in found.items():
        of_kind = {at: row["consumption_total_mw"] for at, row in rows.items() if row["kind"] == kind}
        assert_same(frame.series("Consumption"), of_kind)


def test_revisions_are_all_that_the_api_knows(served: Served) -> None:
    found = frames(served, target_of("zone", "Revisions"), NEW_YEAR)
    shown = sorted(
        (kind, at, number)
        for kind, frame in found.items()
        for at, number in zip(frame.times, frame.numbers["Consumption"], strict=True)
        if not math.isnan(number)
    )
    rows = served.api(
        "/v1/zones/DE/power-breakdown/revisions", start=NEW_YEAR.start.isoformat(), end=NEW_YEAR.end.isoformat()
    )
    assert shown == sorted(
        (row["kind"], datetime.fromisoformat(row["at"]), row["consumption_total_mw"])
        for row in rows
        if row["consumption_total_mw"] is not None
    )
    assert len({at.year for _, at, _ in shown}) == 2


def test_both_variants_of_carbon_intensity(served: Served) -> None:
    found = frames(served, target_of("zone", "Carbon intensity"), NEW_YEAR)
    assert found.keys() == {"lifecycle", "direct"}
    for variant, frame in found.items():
        rows = api_rows(served, NEW_YEAR, "carbon-intensity", variant=variant)
        numbers = {at: row["carbon_intensity_gco2eq_per_kwh"] for at, row in rows.items()}
        assert_same(frame.series("Carbon intensity"), numbers)


def test_verdicts_are_those_of_the_api(served: Served) -> None:
    found = frames(served, target_of("data-quality", "Verdicts"), NEW_YEAR)
    shown = {
        (at.date().isoformat(), rule, frame.texts["severity"][index], int(frame.numbers["Findings"][index]))
        for rule, frame in found.items()
        for index, at in enumerate(frame.times)
    }
    rows = served.api("/v1/zones/DE/data-quality", start="2025-12-31", end="2026-01-04")
    assert shown == {(row["day"], row["rule"], row["severity"], row["findings"]) for row in rows}
    assert len(shown) == 9


def test_flows_by_neighbour(served: Served) -> None:
    target = target_of("zone", "Net import by neighbour", OF_API)
    shown = {
        (row["Time"], row["Neighbour"]): row["Net import"] for row in fetch_api(served.api_url, target.query, NEW_YEAR)
    }
    expected: dict[tuple[datetime, str], float] = {}
    for at, row in api_rows(served, NEW_YEAR, "flows").items():
        by_neighbour: dict[str, float] = row["net_import_by_neighbour_mw"]
        expected |= {(at, neighbour): number for neighbour, number in by_neighbour.items()}
    assert shown == expected
    assert expected


def test_what_was_expected_and_how_far_off_it_was(served: Served) -> None:
    shown = list(fetch_api(served.api_url, target_of("zone", "Expected carbon intensity", OF_API).query, NEW_YEAR))
    rows = served.api_document("/v1/zones/DE/forecast", as_of=NEW_YEAR.end.isoformat())["data"]
    name = "carbon_intensity_gco2eq_per_kwh"
    assert [(row["Time"], row["Expected"]) for row in shown] == [
        (datetime.fromisoformat(row["at"]), row[name]) for row in rows
    ]
    target = target_of("zone", "Forecast error by lead time", OF_API)
    errors = list(fetch_api(served.api_url, target.query, NEW_YEAR))
    span = {"start": NEW_YEAR.start.isoformat(), "end": NEW_YEAR.end.isoformat()}
    expected = served.api_document("/v1/zones/DE/forecast/errors", **span)["data"]
    assert [(row["Hours ahead"], row["Forecasts"]) for row in errors] == [
        (str(row["lead_hours"]), row["count"]) for row in expected
    ]
    mean_absolute = [row["mean_absolute_error_gco2eq_per_kwh"] for row in expected]
    assert [row["Mean absolute error"] for row in errors] == pytest.approx(mean_absolute)
    assert expected


def test_daily_energy(served: Served) -> None:
    target = target_of("history", "Daily production by mode", OF_API)
    rows = list(fetch_api(served.api_url, target.query, NEW_YEAR))
    assert [(row["Day"], row["Wind"], row["Coal"]) for row in rows] == [
        ("2025-12-31", 1031, None), ("2026-01-01", 1001, None), ("2026-01-02", 1002, None),
    ]  # fmt: skip


# what must fail


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ("SELECT zone, at, renewable_percent FROM power_breakdown WHERE {where}", "the order is"),
        ("SELECT at, renewable_percent FROM power_breakdown WHERE {where}", "not text"),
        ("SELECT zone, import_mw, at FROM power_breakdown WHERE {where}", "drops or spoils"),
        ("SELECT zone, import_mw['FR'], at FROM power_breakdown WHERE {where}", "shown as 0"),
        ("SELECT zone, CAST(year AS decimal), at FROM power_breakdown WHERE {where}", "drops or spoils"),
        ("SELECT zone, CAST(year AS smallint), at FROM power_breakdown WHERE {where}", "drops or spoils"),
        ("SELECT zone, renewable_percent, at FROM power_breakdown WHERE at > $__timeFrom ALLOW FILTERING", "whole"),
        ("SELECT zone, renewable_percent, at FROM power_breakdown WHERE zone = '$region'", "knows no"),
        ("INSERT INTO power_breakdown (zone) VALUES ('DE')", "nothing but SELECT"),
    ],
)
def test_a_broken_query_is_found(served: Served, broken: str, complaint: str) -> None:
    where = "zone = '$zone' AND granularity = 'hourly' AND year = 2025"
    with pytest.raises(PluginError, match=complaint):
        run_cql(served.session, NEW_YEAR.fill(broken.format(where=where)))


@pytest.mark.parametrize(
    "broken",
    [
        "SELECT zone, no_such_column, at FROM power_breakdown WHERE zone = '$zone'",
        "SELECT zone, renewable_percent, at FROM power_breakdown WHERE zone = '$zone'",
    ],
    ids=["a column that is not there", "a part of the partition key"],
)
def test_cassandra_refuses_a_broken_query(served: Served, broken: str) -> None:
    with pytest.raises(Exception, match=r"Undefined column name|ALLOW FILTERING"):
        run_cql(served.session, NEW_YEAR.fill(broken))
