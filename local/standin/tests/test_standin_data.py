"""Every row of every zone, at any time and in any revision, is physically plausible and adds up."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridpulse_contract.models import Granularity, Signal
from gridpulse_contract.modes import FOSSIL_MODES, MODES
from gridpulse_contract.zones import is_within, load_zones
from gridpulse_standin.fleet import load_fleet
from gridpulse_standin.grid import Grid
from gridpulse_standin.revisions import WIDTH, floor
from gridpulse_standin.source import Query, Source, Version
from gridpulse_standin.weather import sine_of_solar_elevation

ZONES = load_zones()
FLEET = load_fleet()
AGGREGATES = sorted({zone.parent for zone in ZONES.values() if zone.parent})
GRID = Grid(seed=7)

zones = st.sampled_from(sorted(ZONES))
granularities = st.sampled_from(list(Granularity))
instants = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
ages = st.timedeltas(timedelta(minutes=30), timedelta(days=40))
relaxed = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def power(source: Source, zone: str, at: datetime, granularity: Granularity, now: datetime) -> dict[str, Any] | None:
    query = Query(Signal.POWER_BREAKDOWN, zone, granularity, "")
    row = source.current(query, at, Version.V3, now)
    return None if row is None else json.loads(row.text)


def net_production(row: Mapping[str, Any]) -> int:
    return sum(mw or 0 for mw in row["powerProductionBreakdown"].values())


def test_the_fleet_covers_the_reference_and_its_links() -> None:
    assert set(FLEET.systems) == set(ZONES) - set(AGGREGATES)
    linked: dict[str, set[str]] = {key: set() for key in FLEET.systems}
    for link in FLEET.links:
        linked[link.one].add(link.other)
        linked[link.other].add(link.one)
    assert all(linked[key] == set(ZONES[key].neighbours) for key in FLEET.systems)
    assert all(set(system.capacity_mw) <= set(MODES) for system in FLEET.systems.values())


@relaxed
@given(zones, instants, st.timedeltas(timedelta(), timedelta(minutes=90)))
def test_a_forecast_is_the_same_while_the_issue_is(source: Source, zone: str, now: datetime, later: timedelta) -> None:
    query = Query(Signal.CARBON_INTENSITY, zone, Granularity.HOURLY, "lifecycle")
    made_at, rows = source.forecast(query, now, 24)
    assert now - timedelta(hours=1) < made_at <= now
    again_at, again = source.forecast(query, now + later, 24)
    assert timedelta() <= again_at - made_at <= timedelta(hours=2)
    if again_at == made_at:
        by_time = {row["datetime"]: row for row in rows}
        assert all(by_time.get(row["datetime"], row) == row for row in again)


def test_a_forecast_is_near_what_comes_true_the_nearer_the_sooner(source: Source) -> None:
    query = Query(Signal.CARBON_INTENSITY, "DE", Granularity.HOURLY, "lifecycle")
    errors: dict[bool, list[float]] = {False: [], True: []}
    for hour in range(48):
        now = datetime(2026, 3, 1, 0, 40, tzinfo=UTC) + timedelta(hours=hour)
        _, rows = source.forecast(query, now, 24)
        for step, row in enumerate(rows):
            at = datetime.fromisoformat(row["datetime"])
            true = source.current(query, at, Version.V3, at + timedelta(days=100))
            assert true is not None
            intensity = json.loads(true.text)["carbonIntensity"]
            if intensity is None:  # the source never said
                continue
            errors[step > 12].append(abs(row["carbonIntensity"] - intensity) / intensity)
    soon, late = (sum(members) / len(members) for members in errors.values())
    assert 0 < soon < late < 0.25


@relaxed
@given(zones, instants, granularities, ages)
def test_a_row_adds_up(source: Source, zone: str, instant: datetime, granularity: Granularity, age: timedelta) -> None:
    at = floor(instant, granularity)
    row = power(source, zone, at, granularity, at + age)
    assert row is not None
    production, consumption = row["powerProductionBreakdown"], row["powerConsumptionBreakdown"]
    assert len(production) == len(consumption) == 12
    assert row["powerProductionTotal"] == sum(max(mw or 0, 0) for mw in production.values())
    traded = (row["powerImportTotal"] or 0) - (row["powerExportTotal"] or 0)
    assert abs(row["powerConsumptionTotal"] - (net_production(row) + traded)) <= 3
    assert row["powerConsumptionTotal"] > 0
    assert sum(consumption.values()) == row["powerConsumptionTotal"]
    assert all(mw >= 0 for mw in consumption.values())
    assert all(mw is None or mw >= 0 for mode, mw in production.items() if not mode.endswith("discharge"))
    assert list(row["powerImportBreakdown"]) == list(row["powerExportBreakdown"])
    assert sorted(row["powerImportBreakdown"]) == list(ZONES[zone].neighbours)
    if ZONES[zone].neighbours:
        assert row["powerImportTotal"] == sum(row["powerImportBreakdown"].values())
        assert row["powerExportTotal"] == sum(row["powerExportBreakdown"].values())
    else:
        assert row["powerImportTotal"] is row["powerExportTotal"] is None
    if row["fossilFreePercentage"] is not None:
        assert 0 <= row["renewablePercentage"] <= row["fossilFreePercentage"] <= 100


@relaxed
@given(zones, instants, granularities)
def test_a_zone_keeps_within_its_plants(zone: str, instant: datetime, granularity: Granularity) -> None:
    middle = floor(instant, granularity) + WIDTH[granularity] / 2
    balance = GRID.balance(zone, int(middle.timestamp()))
    systems = [system for system in FLEET.systems.values() if is_within(system.key, zone)]
    for mode, mw in zip(MODES, balance.production, strict=True):
        capacities = [system.capacity_mw[mode] for system in systems if mode in system.capacity_mw]
        assert (mw is None) == (not capacities)  # what no plant of the zone makes is not reported
        if mw is not None:
            assert -sum(capacities) - 1 <= mw <= sum(capacities) + 1, mode
    solar = balance.production[MODES.index("solar")]
    heights = [sine_of_solar_elevation(s.latitude, s.longitude, int(middle.timestamp())) for s in systems]
    if solar is not None and max(heights) < 0:
        assert solar == 0
    use = sum(mw or 0 for mw in balance.production) + sum(balance.imports.values()) - sum(balance.exports.values())
    mean = sum(system.mean_demand_mw for system in systems)
    assert 0.3 * mean < use < 2.2 * mean


@relaxed
@given(zones, instants)
def test_what_one_exports_its_neighbour_imports(zone: str, instant: datetime) -> None:
    instant_s = int(instant.timestamp())
    balance = GRID.balance(zone, instant_s)
    for neighbour in ZONES[zone].neighbours:
        other = GRID.balance(neighbour, instant_s)
        assert balance.imports[neighbour] == sum(mw for key, mw in other.exports.items() if is_within(key, zone))
        assert balance.exports[neighbour] == sum(mw for key, mw in other.imports.items() if is_within(key, zone))
        assert min(balance.imports[neighbour], balance.exports[neighbour]) == 0 or zone in AGGREGATES


@relaxed
@given(st.sampled_from(AGGREGATES), instants)
def test_an_aggregate_is_the_sum_of_its_sub_zones(zone: str, instant: datetime) -> None:
    instant_s = int(instant.timestamp())
    whole = GRID.balance(zone, instant_s)
    parts = [GRID.balance(key, instant_s) for key in ZONES if ZONES[key].parent == zone]
    for mode, mw in enumerate(whole.production):
        reported = [part.production[mode] for part in parts if part.production[mode] is not None]
        assert mw == (sum(filter(None, reported)) if reported else None)
    for side in ("imports", "exports"):
        outside = dict.fromkeys(ZONES[zone].neighbours, 0)
        for part in parts:
            for key, mw in getattr(part, side).items():
                if not is_within(key, zone):
                    outside[key] += mw
        assert dict(getattr(whole, side)) == outside


@relaxed
@given(zones, instants, granularities, ages)
def test_carbon_intensity_follows_the_consumption(
    source: Source, zone: str, instant: datetime, granularity: Granularity, age: timedelta
) -> None:
    at = floor(instant, granularity)
    values: dict[str, int | None] = {}
    for variant in ("lifecycle", "direct"):
        query = Query(Signal.CARBON_INTENSITY, zone, granularity, variant)
        row = source.current(query, at, Version.V4, at + age)
        assert row is not None
        values[variant] = json.loads(row.text)["carbonIntensity"]
    breakdown = power(source, zone, at, granularity, at + age)
    assert breakdown is not None
    if values["lifecycle"] is None:
        assert values["direct"] is None
        assert breakdown["fossilFreePercentage"] is None
        return
    mix = breakdown["powerConsumptionBreakdown"]
    fossil_share = sum(mix[mode] for mode in FOSSIL_MODES) / breakdown["powerConsumptionTotal"]
    assert values["direct"] is not None
    assert 11 <= values["lifecycle"] <= 820
    assert 370 * fossil_share - 1 <= values["direct"] <= values["lifecycle"]


def test_the_night_uses_less_than_the_day_and_a_sunday_less_than_a_wednesday() -> None:
    def use(zone: str, at: datetime) -> int:
        balance = GRID.balance(zone, int(at.timestamp()))
        traded = sum(balance.imports.values()) - sum(balance.exports.values())
        return sum(mw or 0 for mw in balance.production) + traded

    for zone in ("DE", "FR", "IT", "PL", "PT-MA"):
        wednesday = datetime(2026, 3, 18, 11, tzinfo=UTC)
        assert use(zone, wednesday - timedelta(hours=9)) < 0.85 * use(zone, wednesday)
        assert use(zone, wednesday + timedelta(days=4)) < 0.95 * use(zone, wednesday)


def test_pumped_storage_is_seen_pumping_and_generating() -> None:
    place = MODES.index("hydro_discharge")
    seen: list[int] = []
    for start in (datetime(2026, 1, 12, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)):
        for hour in range(240):
            at = start + timedelta(hours=hour)
            seen.append(GRID.balance("DE", int(at.timestamp())).production[place] or 0)
    assert min(seen) < -1000
    assert max(seen) > 1000


def test_two_sources_with_one_seed_say_the_same_in_any_order_and_other_seeds_something_else() -> None:
    query = Query(Signal.POWER_BREAKDOWN, "IT", Granularity.HOURLY, "")
    end = datetime(2026, 3, 18, tzinfo=UTC)
    hours = [end - timedelta(hours=back) for back in range(1, 30)]

    def texts(seed: int, order: list[datetime]) -> dict[datetime, str]:
        source = Source(seed)
        rows = {at: source.current(query, at, Version.V3, end) for at in order}
        return {at: row.text for at, row in sorted(rows.items()) if row}

    assert texts(7, hours) == texts(7, hours[::-1])
    assert texts(7, hours) != texts(8, hours)


@pytest.mark.parametrize("granularity", list(Granularity))
def test_rows_of_every_granularity_tell_one_story(source: Source, granularity: Granularity) -> None:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    later = at + timedelta(days=60)
    hourly = power(source, "DE", at, Granularity.HOURLY, later)
    fine = power(source, "DE", at, granularity, later)
    assert hourly is not None
    assert fine is not None
    assert fine["powerConsumptionTotal"] == pytest.approx(hourly["powerConsumptionTotal"], rel=0.15)
