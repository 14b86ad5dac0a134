import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_query_api.buckets import Bucket
from gridpulse_query_api.derived import balance_mw, net_import_by_neighbour_mw, shares_percent
from gridpulse_query_api.flows import flow_bucket, flow_bucket_columns, flow_row_columns
from gridpulse_query_api.power import power_bucket, power_bucket_columns, with_shares
from gridpulse_query_api.rollup import FilledBucket, aggregate, fill
from gridpulse_query_api.rows import Row

from .conftest import HOUR, ms, power_row

DAY = datetime(2026, 6, 1, tzinfo=UTC)
HOUR_MS = 3_600_000
numbers = st.floats(-1e6, 1e6) | st.just(math.nan)


def day_of(rows: list[Row], hours: int = 24) -> FilledBucket:
    (filled,) = fill([Bucket(DAY, DAY + hours * HOUR)], rows, HOUR_MS)
    return filled


@given(st.lists(numbers, max_size=24), st.sampled_from([1 / 12, 0.25, 1.0]))
def test_missing_numbers_lower_the_coverage_and_nothing_else(values: list[float], hours: float) -> None:
    present = [value for value in values if not math.isnan(value)]
    found = aggregate(values, 24, hours)
    assert found.coverage_percent == pytest.approx(100 * len(present) / 24)
    if not present:
        assert math.isnan(found.mean)
        assert math.isnan(found.integral)
        return
    assert min(present) - 1e-6 <= found.mean <= max(present) + 1e-6
    assert found.integral == pytest.approx(math.fsum(present) * hours)
    assert found == aggregate(present, 24, hours)


@given(st.sets(st.integers(-30, 60)))
def test_every_row_is_in_the_bucket_of_its_time(offsets: set[int]) -> None:
    rows = [power_row(DAY + offset * HOUR) for offset in sorted(offsets)]
    edges = [DAY, DAY + 23 * HOUR, DAY + 48 * HOUR]
    filled = list(fill([Bucket(edges[0], edges[1]), Bucket(edges[1], edges[2])], rows, HOUR_MS))
    assert [bucket.expected_rows for bucket in filled] == [23, 25]
    for bucket in filled:
        inside = [row for row in rows if ms(bucket.start) <= row.at_ms < ms(bucket.end)]
        assert list(bucket.rows) == inside


def test_a_full_day_of_one_gigawatt_is_24_gigawatt_hours() -> None:
    rows = [power_row(DAY + hour * HOUR, prod_wind_mw=1000, renewable_percent=40 + hour) for hour in range(24)]
    document = power_bucket(day_of(rows))
    assert document["production_mw"]["wind"] == 1000
    assert document["production_mwh"]["wind"] == 24_000
    assert document["renewable_percent"] == pytest.approx(51.5)
    assert document["coverage_percent"] == 100
    assert document["coverage_percent_by_value"]["production_mw"]["wind"] == 100
    assert document["coverage_percent_by_value"]["production_mw"]["coal"] == 0
    assert math.isnan(document["production_mwh"]["coal"])


def test_a_gap_and_a_null_are_told_apart() -> None:
    rows = [power_row(DAY + hour * HOUR, prod_wind_mw=math.nan if hour < 6 else 500) for hour in range(12)]
    document = power_bucket(day_of(rows))
    assert (document["rows"], document["expected_rows"], document["coverage_percent"]) == (12, 24, 50)
    assert document["coverage_percent_by_value"]["production_mw"]["wind"] == 25
    assert document["production_mw"]["wind"] == 500
    assert document["production_mwh"]["wind"] == 3000  # what is covered, not scaled up


def test_net_import_counts_only_rows_that_have_both_sides() -> None:
    rows = [
        power_row(DAY, import_total_mw=300, export_total_mw=100),
        power_row(DAY + HOUR, import_total_mw=9000),
    ]
    document = power_bucket(day_of(rows, hours=2))
    assert (document["net_import_mw"], document["net_import_mwh"]) == (200, 200)
    assert document["coverage_percent_by_value"]["net_import_mw"] == 50
    assert document["import_total_mw"] == 4650


def test_kinds_of_a_bucket() -> None:
    measured, estimated = power_row(DAY), power_row(DAY + HOUR, kind="estimated")
    assert (day_of([measured]).kind, day_of([measured]).measured_percent) == ("measured", 100)
    assert (day_of([measured, estimated]).kind, day_of([measured, estimated]).measured_percent) == ("mixed", 50)
    empty = day_of([])
    assert (empty.kind, empty.measured_percent, empty.updated_at_ms, empty.coverage_percent) == (None, None, None, 0)
    assert math.isnan(power_bucket(empty)["production_total_mw"])


def test_a_neighbour_that_a_row_does_not_name_is_not_zero_in_it() -> None:
    rows = [
        power_row(DAY, import_mw={"FR": 100.0, "PL": math.nan}, export_mw={}),
        power_row(DAY + HOUR, import_mw={"FR": 300.0}, export_mw={"CH": 40.0}),
    ]
    document = flow_bucket(day_of(rows, hours=2))
    assert document["import_mw"]["FR"] == 200
    assert math.isnan(document["import_mw"]["PL"])
    assert document["coverage_percent_by_value"]["import_mw"] == {"FR": 100, "PL": 0}
    assert document["net_import_by_neighbour_mwh"]["CH"] == -40
    columns = {column.name: column.values for column in flow_bucket_columns([day_of(rows, hours=2)])}
    assert list(columns["neighbour"]) == ["CH", "FR", "PL"]
    assert list(columns["import_mwh"])[:2] == [None, 400]
    assert list(columns["export_mw"])[:2] == [40, None]


def test_net_import_by_neighbour_takes_an_unnamed_side_for_nothing_and_a_null_for_null() -> None:
    row = power_row(DAY, import_mw={"FR": 100.0, "PL": math.nan}, export_mw={"CH": 40.0, "FR": 30.0})
    net = net_import_by_neighbour_mw(row)
    assert (net["FR"], net["CH"]) == (70, -40)
    assert math.isnan(net["PL"])
    columns = {column.name: column.values for column in flow_row_columns([row])}
    assert list(columns["neighbour"]) == ["CH", "FR", "PL"]
    assert list(columns["import_mw"])[:2] == [None, 100]


def test_balance_counts_charging_as_negative() -> None:
    row = power_row(
        DAY,
        prod_wind_mw=1000,
        prod_hydro_discharge_mw=-200,
        production_total_mw=1000,
        import_total_mw=300,
        export_total_mw=100,
        consumption_total_mw=998,
    )
    assert balance_mw(row) == 2
    assert math.isnan(balance_mw(power_row(DAY, import_total_mw=1, export_total_mw=1, consumption_total_mw=0)))
    assert math.isnan(balance_mw(power_row(DAY, prod_wind_mw=1)))


def test_shares_are_of_what_is_positive() -> None:
    document = with_shares(power_row(DAY, prod_wind_mw=300, prod_coal_mw=100, prod_hydro_discharge_mw=-50))
    shares = document["production_share_percent"]
    assert (shares["wind"], shares["coal"], shares["hydro_discharge"]) == (75, 25, 0)
    assert math.isnan(shares["solar"])
    assert all(math.isnan(share) for share in document["consumption_share_percent"].values())


@given(st.lists(numbers, min_size=12, max_size=12))
def test_shares_add_up(values: list[float]) -> None:
    shares = [share for share in shares_percent(tuple(values)).values() if not math.isnan(share)]
    assert not shares or sum(shares) == pytest.approx(100, abs=0.1)


def test_the_table_of_roll_ups_has_energy_only_of_power() -> None:
    names = [column.name for column in power_bucket_columns([day_of([power_row(DAY, prod_wind_mw=5)])])]
    assert "prod_wind_mwh" in names
    assert "net_import_mwh" in names
    assert "renewable_percent_coverage_percent" in names
    assert not [name for name in names if name.endswith("percenth")]
    assert len(names) == len(set(names))


def test_five_minute_rows_make_hours() -> None:
    step = timedelta(minutes=5)
    rows = [power_row(DAY + index * step, prod_wind_mw=60) for index in range(12)]
    (filled,) = fill([Bucket(DAY, DAY + HOUR)], rows, 300_000)
    assert filled.expected_rows == 12
    assert power_bucket(filled)["production_mwh"]["wind"] == pytest.approx(60)
