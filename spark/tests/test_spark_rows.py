"""Rows for the stores: the contract's values, no null anywhere, and its quality flags and write timestamps exactly."""

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row

from gridpulse_contract.columns import MIX_NUMBER_COLUMNS, POWER_NUMBER_COLUMNS, consumption_column, production_column
from gridpulse_contract.models import (
    CarbonIntensityEvent,
    CarbonIntensityForecastEvent,
    ElectricityFlowsEvent,
    ElectricityMixEvent,
    Event,
    Granularity,
    Kind,
    PowerBreakdownEvent,
    PowerByMode,
    Signal,
)
from gridpulse_contract.modes import MODES
from gridpulse_schema import load_migrations
from gridpulse_spark.transforms.rows import WRITE_TIMESTAMP_US, to_rows, valid_rows
from gridpulse_spark.transforms.signals import TRANSFORMS

Messages = Callable[[Iterable[bytes | None], Iterable[str | None]], DataFrame]

# Near every bound, and beyond it, so that each flag is often just set and often just not.
numbers = st.none() | st.one_of(
    st.sampled_from([0.0, 5.0, 0.1, 100.0, 100.1, 2_000.0, 2_000.1, 100_000.0, 100_001.0, 500_000.0, 500_000.1]),
    st.floats(min_value=-6, max_value=6),
    st.floats(allow_nan=False, allow_infinity=False),
)
instants = st.datetimes(datetime(1999, 12, 30), datetime(2000, 1, 3), timezones=st.just(UTC)) | st.datetimes(  # noqa: DTZ001
    datetime(1900, 1, 1),  # noqa: DTZ001
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
SLOW: Final = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]

modes = st.fixed_dictionaries({}, optional=dict.fromkeys(MODES, numbers)).map(PowerByMode.model_validate)
exchanges = st.dictionaries(st.sampled_from(["FR", "NL", "DK-DK1", "é"]), numbers)
common: dict[str, st.SearchStrategy[Any]] = {
    "zone": st.sampled_from(["DE", "NO-NO2"]),
    "granularity": st.sampled_from(Granularity),
    "at": instants,
    "updated_at": instants,
    "kind": st.sampled_from(Kind),
    "estimation_method": st.sampled_from(["", "TIME_SLICER_AVERAGE"]),
    "raw": st.just("{}"),
}


@st.composite
def power_events(draw: st.DrawFn) -> PowerBreakdownEvent:
    """Events of which many are balanced, or nearly so."""
    fields: dict[str, Any] = {name: draw(strategy) for name, strategy in common.items()}
    production = draw(modes)
    produced = sum(value for value in production.model_dump().values() if value is not None and value > 0)
    total = draw(numbers | st.sampled_from([produced, produced + 5, produced - 5.5]).filter(math.isfinite))
    totals = ("consumption_total_mw", "import_total_mw", "export_total_mw", "renewable_percent", "fossil_free_percent")
    fields |= {
        "production_mw": production,
        "consumption_mw": draw(modes),
        "import_mw": draw(exchanges),
        "export_mw": draw(exchanges),
        "production_total_mw": total,
        **{name: draw(numbers) for name in totals},
    }
    return PowerBreakdownEvent(**fields)


carbon_events = st.builds(
    CarbonIntensityEvent,
    **common,
    variant=st.sampled_from(["lifecycle", "direct"]),
    carbon_intensity_gco2eq_per_kwh=numbers,
)


forecast_events = st.builds(
    CarbonIntensityForecastEvent,
    **common,
    variant=st.sampled_from(["lifecycle", "direct"]),
    issued_at=instants,
    carbon_intensity_gco2eq_per_kwh=numbers,
)
mix_events = st.builds(
    ElectricityMixEvent,
    **common,
    variant=st.sampled_from(["normal", "flow-traced"]),
    mix_mw=modes,
    import_total_mw=numbers,
    export_total_mw=numbers,
)
flows_events = st.builds(ElectricityFlowsEvent, **common, import_mw=exchanges, export_mw=exchanges)


def collect(make: Messages, events: list[Event], *, is_revision: bool) -> list[Row]:
    messages = make([event.model_dump_json().encode() for event in events], [str(event.event_id()) for event in events])
    table = TRANSFORMS[events[0].signal].tables[0 if is_revision else -1]
    rows = valid_rows(to_rows(messages, events[0].signal), table).collect()
    assert len(rows) == len(events)
    return rows


def or_nan(number: float | None) -> Any:
    return pytest.approx(number if number is not None else math.nan, rel=0, abs=0, nan_ok=True)


def assert_common(row: Row, event: Event) -> None:
    assert (row.zone, row.granularity, row.kind) == (event.zone, event.granularity, event.kind)
    assert row.estimation_method == event.estimation_method
    assert row[WRITE_TIMESTAMP_US] == event.write_timestamp_us()
    assert set(row.quality) == set(event.quality_flags())
    assert len(row.quality) == len(set(row.quality))
    assert row["at"].astimezone(UTC) == event.at
    assert row.updated_at.astimezone(UTC) == event.updated_at
    assert None not in row


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
@given(events=st.lists(power_events(), min_size=1, max_size=100))
def test_power_rows_are_the_events(kafka_messages: Messages, events: list[PowerBreakdownEvent]) -> None:
    for row, event in zip(collect(kafka_messages, [*events], is_revision=False), events, strict=True):
        assert_common(row, event)
        assert row.year == event.at.year
        for mode in MODES:
            assert row[production_column(mode)] == or_nan(getattr(event.production_mw, mode))
            assert row[consumption_column(mode)] == or_nan(getattr(event.consumption_mw, mode))
        for name in POWER_NUMBER_COLUMNS[2 * len(MODES) :]:
            assert row[name] == or_nan(getattr(event, name))
        for name in ("import_mw", "export_mw"):
            assert row[name] == {key: or_nan(value) for key, value in getattr(event, name).items()}


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(events=st.lists(carbon_events, min_size=1, max_size=100))
def test_carbon_intensity_rows_are_the_events(kafka_messages: Messages, events: list[CarbonIntensityEvent]) -> None:
    for row, event in zip(collect(kafka_messages, [*events], is_revision=True), events, strict=True):
        assert_common(row, event)
        assert row.month == event.at.year * 100 + event.at.month
        assert row.variant == event.variant
        assert row.carbon_intensity_gco2eq_per_kwh == or_nan(event.carbon_intensity_gco2eq_per_kwh)


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(events=st.lists(forecast_events, min_size=1, max_size=100))
def test_forecast_rows_are_in_the_month_of_their_issue(
    kafka_messages: Messages, events: list[CarbonIntensityForecastEvent]
) -> None:
    for row, event in zip(collect(kafka_messages, [*events], is_revision=False), events, strict=True):
        assert_common(row, event)
        assert row.month == event.issued_at.year * 100 + event.issued_at.month
        assert (row.variant, row.issued_at.astimezone(UTC)) == (event.variant, event.issued_at)
        assert row.carbon_intensity_gco2eq_per_kwh == or_nan(event.carbon_intensity_gco2eq_per_kwh)


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(events=st.lists(mix_events, min_size=1, max_size=100))
def test_mix_rows_are_the_events(kafka_messages: Messages, events: list[ElectricityMixEvent]) -> None:
    for row, event in zip(collect(kafka_messages, [*events], is_revision=False), events, strict=True):
        assert_common(row, event)
        assert row.variant == event.variant
        values = {f"{mode}_mw": power for mode, power in event.mix_mw.by_mode().items()}
        values |= {name: getattr(event, name) for name in ("import_total_mw", "export_total_mw")}
        assert values.keys() == set(MIX_NUMBER_COLUMNS)
        for name, value in values.items():
            assert row[name] == or_nan(value)


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(events=st.lists(flows_events, min_size=1, max_size=100))
def test_flows_rows_are_the_events(kafka_messages: Messages, events: list[ElectricityFlowsEvent]) -> None:
    for row, event in zip(collect(kafka_messages, [*events], is_revision=True), events, strict=True):
        assert_common(row, event)
        for name in ("import_mw", "export_mw"):
            assert row[name] == {key: or_nan(value) for key, value in getattr(event, name).items()}


@pytest.mark.parametrize("signal", Signal)
def test_rows_have_the_columns_of_their_tables(kafka_messages: Messages, signal: Signal) -> None:
    statements = [statement for migration in load_migrations() for statement in migration.statements("ks")]
    rows = to_rows(kafka_messages([], []), signal)
    for table in TRANSFORMS[signal].tables:
        (statement,) = (text for text in statements if f"EXISTS ks.{table.name} (" in text)
        lines = statement.partition("(\n")[2].partition("PRIMARY KEY")[0].splitlines()
        columns = {line.split()[0] for line in lines if line.strip()}
        assert set(valid_rows(rows, table).columns) == {*columns, WRITE_TIMESTAMP_US}
