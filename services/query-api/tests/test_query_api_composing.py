"""What is composed of mixes and flows keeps the rules of a power breakdown, whatever the source says and leaves out."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_contract.columns import MIX_NUMBER_COLUMNS, POWER_NUMBER_COLUMNS, mix_column
from gridpulse_contract.models import Granularity, Kind, PowerBreakdownEvent
from gridpulse_contract.modes import MODES, RENEWABLE_MODES, STORAGE_MODES
from gridpulse_contract.quality import Quality
from gridpulse_query_api.composing import compose, compose_all, compose_revisions, missing_span
from gridpulse_query_api.derived import CONSUMPTION, PRODUCTION, balance_mw
from gridpulse_query_api.instants import Span
from gridpulse_query_api.rows import Row

AT = datetime(2026, 6, 15, 12, tzinfo=UTC)
NAN = math.nan

megawatts = st.floats(0, 50_000) | st.just(NAN)
signed = st.floats(-5_000, 50_000) | st.just(NAN)
exchanges = st.dictionaries(st.sampled_from(["FR", "PL", "CH", "DK-DK1"]), megawatts)
kinds = st.sampled_from([kind.value for kind in Kind])


def part(
    numbers: Sequence[float] = (),
    minutes: int = 0,
    kind: str = "measured",
    hour: int = 0,
    exchanges: tuple[dict[str, float], dict[str, float]] = ({}, {}),
) -> Row:
    at_ms = round((AT + timedelta(hours=hour)).timestamp() * 1000)
    method = {"measured": "MEASURED", "estimated": "TIME_SLICER_AVERAGE", "unknown": ""}[kind]
    return Row(at_ms, at_ms + minutes * 60_000, tuple(numbers), kind, method, (), *exchanges)


def mix_of(mw: Mapping[Any, float], imports: float = NAN, exports: float = NAN) -> list[float]:
    totals = {"import_total_mw": imports, "export_total_mw": exports}
    return [{**{mix_column(mode): v for mode, v in mw.items()}, **totals}.get(c, NAN) for c in MIX_NUMBER_COLUMNS]


minutes = st.integers(0, 5000)
normal_parts = st.builds(
    part,
    st.tuples(
        *((signed if mode in STORAGE_MODES else megawatts) for mode in MODES),
        megawatts,
        megawatts,
    ),
    minutes,
    kinds,
)
traced_parts = st.builds(part, st.tuples(*(megawatts for _ in MODES), st.just(NAN), st.just(NAN)), minutes, kinds)
flow_parts = st.builds(
    part,
    minutes=minutes,
    kind=st.just("unknown"),
    exchanges=st.tuples(exchanges, exchanges),
)


def as_event(row: Row) -> PowerBreakdownEvent:
    """The composed row as if the source had said it: the contract judges it."""

    def known(value: float) -> float | None:
        return None if math.isnan(value) else value

    numbers = {name: known(value) for name, value in zip(POWER_NUMBER_COLUMNS, row.numbers, strict=True)}
    said: dict[str, Any] = {
        "zone": "XT-1",
        "granularity": Granularity.HOURLY,
        "at": AT,
        "updated_at": AT,
        "kind": row.kind,
        "raw": "{}",
        "production_mw": dict(zip(MODES, map(known, row.numbers[PRODUCTION]), strict=True)),
        "consumption_mw": dict(zip(MODES, map(known, row.numbers[CONSUMPTION]), strict=True)),
        "import_mw": {name: known(value) for name, value in row.import_mw.items()},
        "export_mw": {name: known(value) for name, value in row.export_mw.items()},
        **{name: numbers[name] for name in POWER_NUMBER_COLUMNS[2 * len(MODES) :]},
    }
    return PowerBreakdownEvent.model_validate(said)


def numbers_of(row: Row) -> dict[str, float]:
    return dict(zip(POWER_NUMBER_COLUMNS, row.numbers, strict=True))


def test_each_number_is_where_it_belongs() -> None:
    production = dict.fromkeys(MODES, 10.0) | {"wind": 300, "hydro_discharge": -40, "nuclear": NAN}
    consumption = dict.fromkeys(MODES, 0.0) | {"wind": 150, "nuclear": 50, "gas": 200, "battery_discharge": 7}
    row = compose(
        part(mix_of(production, 70, 20)),
        part(mix_of(consumption)),
        part(kind="unknown", exchanges=({"FR": 70.0}, {"CH": 20.0})),
    )
    numbers = numbers_of(row)
    assert (numbers["prod_wind_mw"], numbers["cons_wind_mw"]) == (300, 150)
    assert (numbers["prod_hydro_discharge_mw"], numbers["cons_battery_discharge_mw"]) == (-40, 7)
    assert math.isnan(numbers["prod_nuclear_mw"])
    assert numbers["production_total_mw"] == 390
    assert numbers["consumption_total_mw"] == 390 - 40 + 70 - 20
    assert (numbers["import_total_mw"], numbers["export_total_mw"]) == (70, 20)
    assert (numbers["renewable_percent"], numbers["fossil_free_percent"]) == (37.5, 50)
    assert (row.import_mw, row.export_mw) == ({"FR": 70}, {"CH": 20})
    assert (row.kind, row.estimation_method, row.quality) == ("measured", "", ())
    assert row.composed_of == ("electricity-mix/normal", "electricity-mix/flow-traced", "electricity-flows")


@given(normal_parts, st.none() | traced_parts, st.none() | flow_parts)
def test_a_composed_row_is_a_power_breakdown(normal: Row, traced: Row | None, flows: Row | None) -> None:
    row = compose(normal, traced, flows)
    checks = as_event(row).quality_checks()
    assert not checks[Quality.SIGN] or numbers_of(row)["consumption_total_mw"] < 0
    is_flagged = Quality.BALANCE.value in row.quality
    assert checks[Quality.BALANCE] <= is_flagged or any(map(math.isnan, _exchanges(row)))
    assert math.isnan(balance_mw(row)) or abs(balance_mw(row)) < 0.01 or math.isnan(_net_import(normal, flows))
    assert row.updated_at_ms == max(member.updated_at_ms for member in (normal, traced, flows) if member)
    assert len(row.composed_of) == sum(member is not None for member in (normal, traced, flows))


def _exchanges(row: Row) -> list[float]:
    return [*row.import_mw.values(), *row.export_mw.values()]


def _net_import(normal: Row, flows: Row | None) -> float:
    row = compose(normal, None, flows)
    return numbers_of(row)["import_total_mw"] - numbers_of(row)["export_total_mw"]


@given(normal_parts, st.none() | traced_parts, st.none() | flow_parts)
def test_missing_is_not_nothing(normal: Row, traced: Row | None, flows: Row | None) -> None:
    numbers = numbers_of(compose(normal, traced, flows))
    production = normal.numbers[: len(MODES)]
    assert math.isnan(numbers["production_total_mw"]) == all(map(math.isnan, production))
    if flows is None:
        assert math.isnan(numbers["import_total_mw"]) == math.isnan(normal.numbers[-2])
    if traced is None:
        assert math.isnan(numbers["renewable_percent"])
        assert all(math.isnan(numbers[f"cons_{mode}_mw"]) for mode in MODES)
        trade = numbers["import_total_mw"] - numbers["export_total_mw"]
        unknown = math.isnan(trade) or math.isnan(numbers["production_total_mw"])
        assert math.isnan(numbers["consumption_total_mw"]) == unknown


@given(normal_parts, traced_parts, st.floats(0, 10_000))
def test_percentages_leave_storage_out(normal: Row, traced: Row, storage_mw: float) -> None:
    with_more = list(traced.numbers)
    for mode in STORAGE_MODES:
        with_more[MODES.index(mode)] = storage_mw
    before, after = (
        numbers_of(compose(normal, member, None)) for member in (traced, traced._replace(numbers=tuple(with_more)))
    )
    for name in ("renewable_percent", "fossil_free_percent"):
        assert before[name] == after[name] or (math.isnan(before[name]) and math.isnan(after[name]))
        assert math.isnan(before[name]) or 0 <= before[name] <= 100
    assert not before["renewable_percent"] > before["fossil_free_percent"]
    only_renewable = mix_of(dict.fromkeys(RENEWABLE_MODES, 5.0))
    assert numbers_of(compose(normal, part(only_renewable), None))["renewable_percent"] == 100


@pytest.mark.parametrize(
    ("normal", "traced", "kind", "method"),
    [
        ("measured", "measured", "measured", ""),
        ("measured", "estimated", "estimated", "TIME_SLICER_AVERAGE"),
        ("estimated", None, "estimated", "TIME_SLICER_AVERAGE"),
        ("measured", "unknown", "unknown", ""),
        ("unknown", "estimated", "estimated", "TIME_SLICER_AVERAGE"),
    ],
)
def test_the_kind_is_the_worst_of_the_mixes(normal: str, traced: str | None, kind: str, method: str) -> None:
    for flows in (None, part(kind="unknown", minutes=90)):
        row = compose(part(mix_of({}), kind=normal), (traced and part(mix_of({}), kind=traced)) or None, flows)
        assert (row.kind, row.estimation_method) == (kind, method)


def test_flows_that_say_that_they_are_estimated_are_believed() -> None:
    assert compose(part(mix_of({})), None, part(kind="estimated")).kind == "estimated"


def test_totals_come_from_the_neighbours_where_the_mix_has_none() -> None:
    production = dict.fromkeys(MODES, 10.0)
    numbers = numbers_of(compose(part(mix_of(production)), None, part(exchanges=({"FR": 30.0, "PL": 5.0}, {}))))
    assert (numbers["import_total_mw"], numbers["export_total_mw"]) == (35, 0)
    assert numbers["consumption_total_mw"] == 120 + 35
    unknown = numbers_of(compose(part(mix_of(production)), None, part(exchanges=({"FR": NAN}, {"PL": 5.0}))))
    assert math.isnan(unknown["import_total_mw"])
    nothing = numbers_of(compose(part(mix_of(production)), None, part()))
    assert math.isnan(nothing["import_total_mw"])


def test_without_exchanges_consumption_is_the_sum_of_its_origins() -> None:
    island = compose(part(mix_of({"hydro": 120})), part(mix_of(dict.fromkeys(MODES, 0.0) | {"hydro": 119.5})), None)
    assert numbers_of(island)["consumption_total_mw"] == 119.5
    half_known = compose(part(mix_of({"hydro": 120})), part(mix_of({"hydro": 119.5})), None)
    assert math.isnan(numbers_of(half_known)["consumption_total_mw"])


def test_without_any_mode_nothing_is_known_of_production() -> None:
    numbers = numbers_of(compose(part(mix_of({}, 5, 3)), None, None))
    assert math.isnan(numbers["production_total_mw"])
    assert math.isnan(numbers["consumption_total_mw"])


def test_neighbours_that_do_not_add_up_are_flagged() -> None:
    row = compose(part(mix_of({"wind": 5}, 100, 0)), None, part(exchanges=({"FR": 90.0}, {})))
    assert row.quality == ("balance",)


def test_only_what_has_a_normal_mix_is_composed() -> None:
    normal = [part(mix_of({"wind": 1}), hour=hour) for hour in (0, 2)]
    others = [part(mix_of({"wind": 1}), hour=hour) for hour in (0, 1)]
    flows = [part(hour=hour) for hour in (1, 2)]
    rows = compose_all(normal, others, flows)
    assert [row.at_ms for row in rows] == [row.at_ms for row in normal]
    assert [len(row.composed_of) for row in rows] == [2, 2]


revisions = st.lists(st.integers(0, 12), max_size=5, unique=True).map(sorted)


@given(revisions, revisions, revisions, st.integers(-1, 13))
def test_revisions_are_what_the_parts_had_said_by_then(
    normal: list[int], traced: list[int], flows: list[int], then: int
) -> None:
    """Composed and then looked at as of a moment is the same as looked at as of that moment and then composed."""

    def rows(updates: list[int], which: int) -> list[Row]:
        return [part(mix_of({"wind": float(100 * which + minute)}), minute) for minute in updates]

    said = [rows(updates, which) for which, updates in enumerate((normal, traced, flows))]
    composed = compose_revisions(*said)
    updates = [row.updated_at_ms for row in composed]
    assert updates == sorted(set(updates))
    limit_ms = part().at_ms + then * 60_000
    by_then = [row for row in composed if row.updated_at_ms <= limit_ms]
    newest, *others = [next((row for row in reversed(part) if row.updated_at_ms <= limit_ms), None) for part in said]
    if newest is None:
        assert not by_then
    else:
        assert repr(by_then[-1]) == repr(compose(newest, *others))  # NaN differs from itself, but not in writing


@given(st.sets(st.integers(-3, 20)), st.integers(-3, 15), st.integers(0, 15), st.integers(-2, 2), st.integers(-2, 2))
def test_the_missing_span_holds_all_that_is_missing(
    there: set[int], first: int, length: int, early: int, late: int
) -> None:
    width = 10
    span = Span(first * width + early, (first + length) * width + late)
    asked = [at for at in range(-100, 400, width) if span.start_ms <= at < span.end_ms]
    missing = [at for at in asked if at not in {hour * width for hour in there}]
    found = missing_span({hour * width for hour in there}, span, width)
    assert found == (Span(missing[0], missing[-1] + 1) if missing else None)
