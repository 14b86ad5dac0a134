"""What the questions of `spark/sql` answer, on hours that are easy to reckon with."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import SparkSession

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_contract.zones import load_zones
from gridpulse_spark.analytics.questions import registered_views
from gridpulse_spark.analytics.window import Window
from gridpulse_spark.errors import BadInputError, ConfigurationError

from .conftest import HOUR, SQL_DIR, Lake, Made, made, utc

Answer = Callable[..., list[Made]]
DAY: Final = date(2026, 6, 10)
MIDNIGHT: Final = utc(2026, 6, 10)
NEXT: Final = date(2026, 6, 11)


def hours(zone: str, count: int = 24, start: datetime = MIDNIGHT, **values: Any) -> list[Made]:
    return [made(zone, start + index * HOUR, None, **values) for index in range(count)]


def only(rows: Iterable[Made], **where: object) -> Made:
    (row,) = (row for row in rows if all(row[name] == value for name, value in where.items()))
    return row


def test_every_number_of_a_row_in_mw_is_a_flow() -> None:
    text = (SQL_DIR / "flow_hours.sql").read_text(encoding="utf-8")
    inside = text.partition("FOR name IN (")[2].partition(")")[0]
    names = {name.strip() for name in inside.split(",")}
    assert names == {column for column in POWER_NUMBER_COLUMNS if column.endswith("_mw")}


def test_clocks_of_the_reference_are_whole_hours_from_utc() -> None:
    """Hourly rows don't add up to days of other clocks."""
    for zone in load_zones().values():
        for month in (1, 7):
            offset = datetime(2026, month, 1, tzinfo=ZoneInfo(zone.timezone)).utcoffset()
            assert offset is not None
            assert offset % HOUR == timedelta(0), zone.key


def test_only_rows_of_an_hour_are_added_up(lake: Lake, answer: Answer) -> None:
    quarter = {**made("DE", MIDNIGHT, None, prod_wind_mw=7), "granularity": "15_minutes"}
    lake([*hours("DE", 2, prod_wind_mw=100), quarter])
    row = only(answer("energy_daily", DAY, NEXT, calendar="utc"), day=DAY, flow="production", mode="wind")
    assert (row["energy_mwh"], row["coverage_percent"]) == (200, pytest.approx(100 * 2 / 24))


def test_a_month_is_the_sum_of_its_days_and_covers_all_of_it(lake: Lake, answer: Answer) -> None:
    lake([*hours("DE", 24, prod_wind_mw=100), *hours("DE", 12, utc(2026, 6, 29), prod_wind_mw=10)])
    rows = answer("energy_monthly", DAY, NEXT, flow="production", mode="wind", calendar="utc")
    (row,) = rows  # of the whole month, though one day was asked for
    assert (row["month"], row["energy_mwh"]) == (date(2026, 6, 1), 2520)
    assert row["coverage_percent"] == pytest.approx(100 * 36 / (30 * 24))
    solar = answer("energy_monthly", DAY, NEXT, flow="production", mode="solar", calendar="utc")
    assert [(row["energy_mwh"], row["coverage_percent"]) for row in solar] == [(None, 0)]


def test_a_month_in_which_clocks_change(lake: Lake, answer: Answer) -> None:
    start = utc(2026, 2, 28, 23)
    lake(hours("DE", 31 * 24 - 1, start, prod_wind_mw=1))
    (row,) = answer(
        "energy_monthly", date(2026, 3, 29), date(2026, 3, 30), calendar="local", flow="production", mode="wind"
    )
    assert (row["energy_mwh"], row["coverage_percent"]) == (743, pytest.approx(100))


def test_carbon_intensity_is_weighted_by_load(lake: Lake, answer: Answer) -> None:
    carbon = [
        made("DE", MIDNIGHT, None, carbon_intensity_gco2eq_per_kwh=100),
        made("DE", MIDNIGHT + HOUR, None, carbon_intensity_gco2eq_per_kwh=400),
        made("DE", MIDNIGHT + 2 * HOUR, None, carbon_intensity_gco2eq_per_kwh=1000),  # no load is known
        made("DE", MIDNIGHT + 3 * HOUR, None),
        made("DE", MIDNIGHT, None, carbon_intensity_gco2eq_per_kwh=7, variant="direct"),
    ]
    loads = [
        made("DE", MIDNIGHT, None, consumption_total_mw=300),
        made("DE", MIDNIGHT + HOUR, None, consumption_total_mw=100),
        made("DE", MIDNIGHT + 3 * HOUR, None, consumption_total_mw=5000),
    ]
    lake(loads, carbon)
    row = only(answer("carbon_intensity_daily", DAY, NEXT, calendar="utc"), variant="lifecycle", day=DAY)
    assert row["mean_gco2eq_per_kwh"] == 500
    assert row["coverage_percent"] == 12.5
    assert row["load_weighted_mean_gco2eq_per_kwh"] == (100 * 300 + 400 * 100) / 400
    assert row["load_weighted_coverage_percent"] == pytest.approx(100 * 2 / 24)


def test_shares_and_dependence(lake: Lake, answer: Answer) -> None:
    lake(
        [
            made("FR", MIDNIGHT, None, consumption_total_mw=100, renewable_percent=50, fossil_free_percent=90,
                 import_total_mw=30, export_total_mw=10),
            made("FR", MIDNIGHT + HOUR, None, consumption_total_mw=300, renewable_percent=10,
                 import_total_mw=0, export_total_mw=60),
            made("FR", MIDNIGHT + 2 * HOUR, None, renewable_percent=99, import_total_mw=5, export_total_mw=1),
            made("FR", MIDNIGHT + 3 * HOUR, None, consumption_total_mw=300, import_total_mw=500),
        ]
    )  # fmt: skip
    row = only(answer("shares_daily", DAY, NEXT, calendar="utc"), day=DAY)
    assert row["renewable_percent"] == (50 * 100 + 10 * 300) / 400
    assert row["fossil_free_percent"] == 90
    assert row["import_dependence_percent"] == 100 * (20 - 60) / 400
    assert row["net_position_mwh"] == -20 + 60 - 4
    coverage = [
        row[f"{name}_coverage_percent"] for name in ("renewable", "fossil_free", "import_dependence", "net_position")
    ]
    assert coverage == [pytest.approx(100 * count / 24) for count in (2, 1, 2, 3)]


def test_an_exchange_is_matched_through_parents(lake: Lake, answer: Answer) -> None:
    lake(
        [
            made("FR", MIDNIGHT, None, export_mw={"IT-NO": 1000.0, "ES": None}, import_mw={"ES": 5.0}),
            made("IT", MIDNIGHT, None, import_mw={"FR": 900.0}),
            made("IT-NO", MIDNIGHT, None, import_mw={"FR": 950.0}, export_mw={"IT-CNO": 7.0}),
            made("IT-CNO", MIDNIGHT, None, import_mw={"IT-NO": 7.0}),
            made("ES", MIDNIGHT, None, import_mw={"FR": 3.0}, export_mw={"FR": 5.0}),
            # Of Sweden only the sub-zones have rows, and Germany speaks of the whole.
            made("SE-SE4", MIDNIGHT, None, export_mw={"DE": 300.0}),
            made("SE-SE3", MIDNIGHT, None, export_mw={"DE": 50.0}),
            made("DE", MIDNIGHT, None, import_mw={"SE": 345.0}),
        ]
    )
    found = {
        (row["exporter"], row["importer"]): (row["exported_mwh"], row["imported_mwh"], row["difference_mwh"])
        for row in answer("exchange_balance", DAY, NEXT)
    }
    assert found == {
        ("FR", "IT"): (1000, 900, 100),
        ("FR", "IT-NO"): (1000, 950, 50),
        ("IT-NO", "IT-CNO"): (7, 7, 0),
        ("ES", "FR"): (5, 5, 0),
        ("SE", "DE"): (350, 345, 5),
    }


def test_profiles(lake: Lake, answer: Answer) -> None:
    days = [
        made("DE", MIDNIGHT + day * 24 * HOUR + hour * HOUR, None, prod_solar_mw=100 * hour + day)
        for day in range(7)
        for hour in range(24)
        if (day, hour) != (0, 12)
    ]
    lake(days)
    by_hour = answer("profile_hour_of_day", DAY, NEXT, flow="production", mode="solar", calendar="utc")
    assert len(by_hour) == 24
    noon = only(by_hour, clock_hour=12)
    assert (noon["mean_mw"], noon["hours"], noon["month"]) == (1203.5, 6, date(2026, 6, 1))
    local = answer("profile_hour_of_day", DAY, NEXT, flow="production", mode="solar", calendar="local")
    assert only(local, clock_hour=14)["mean_mw"] == 1203.5
    by_day = answer("profile_weekday", DAY, NEXT, flow="production", mode="solar", calendar="utc")
    assert sorted(row["iso_weekday"] for row in by_day) == list(range(1, 8))
    wednesday = only(by_day, iso_weekday=3)  # 10 June 2026
    assert (wednesday["hours"], wednesday["mean_mw"]) == (23, pytest.approx((27600 - 1200) / 23))


def test_ranking_leaves_out_what_covers_too_little(lake: Lake, answer: Answer) -> None:
    power = [
        *hours("DE", 24, consumption_total_mw=100, renewable_percent=60),
        *hours("FR", 24, consumption_total_mw=100, renewable_percent=20),
        *hours("ES", 24, consumption_total_mw=100, renewable_percent=60),
        *hours("PT", 17, consumption_total_mw=100, renewable_percent=90),
    ]
    carbon = [
        row
        for zone, value in (("DE", 300), ("FR", 40))
        for row in hours(zone, 24, carbon_intensity_gco2eq_per_kwh=value)
    ]
    lake(power, carbon)
    rows = answer("ranking_daily", DAY, NEXT, calendar="utc")
    assert {row["zone"]: row["rank"] for row in rows if row["measure"] == "renewable_percent"} == {
        "DE": 1,
        "ES": 1,
        "FR": 3,
        "PT": None,
    }
    carbon_ranks = {row["zone"]: row["rank"] for row in rows if row["measure"] == "carbon_intensity_gco2eq_per_kwh"}
    assert carbon_ranks == {"FR": 1, "DE": 2}
    assert only(rows, zone="PT", measure="consumption_mwh")["value"] == 1700


def test_records_are_set_by_possible_numbers_alone(lake: Lake, answer: Answer) -> None:
    lake(
        [
            made("DE", MIDNIGHT, None, prod_wind_mw=10),
            made("DE", MIDNIGHT + HOUR, None, prod_wind_mw=90),
            made("DE", MIDNIGHT + 2 * HOUR, None, prod_wind_mw=90),
            {**made("DE", MIDNIGHT + 3 * HOUR, None, prod_wind_mw=-5), "quality": ["sign"]},
            {**made("DE", MIDNIGHT + 4 * HOUR, None, prod_wind_mw=600_000), "quality": ["range"]},
        ],
        [made("DE", MIDNIGHT + HOUR, None, carbon_intensity_gco2eq_per_kwh=5)],
    )
    rows = answer("records", DAY, NEXT, calendar="utc")
    wind = {row["extreme"]: (row["value"], row["at"]) for row in rows if row["measure"] == "production_wind_mw"}
    assert wind == {"highest": (90, MIDNIGHT + HOUR), "lowest": (10, MIDNIGHT)}
    assert only(rows, measure="carbon_intensity_gco2eq_per_kwh", extreme="lowest")["value"] == 5
    assert {row["measure"] for row in rows} == {"production_wind_mw", "carbon_intensity_gco2eq_per_kwh"}


def test_revision_statistics(lake: Lake, answer: Answer) -> None:
    def estimated(hour: int, value: float | None, **more: Any) -> Made:
        first = made("DE", MIDNIGHT + hour * HOUR, MIDNIGHT + (hour + 1) * HOUR, consumption_total_mw=value, **more)
        return {**first, "kind": "estimated", "estimation_method": "TIME_SLICER_AVERAGE"}

    def final(hour: int, value: float) -> Made:
        return made("DE", MIDNIGHT + hour * HOUR, MIDNIGHT + (hour + 5) * HOUR, consumption_total_mw=value)

    lake(
        [
            estimated(0, 110),
            final(0, 100),
            estimated(1, 80),
            made("DE", MIDNIGHT + HOUR, MIDNIGHT + 3 * HOUR, consumption_total_mw=5000),
            final(1, 100),
            estimated(2, None),
            final(2, 100),
            final(3, 100),
        ]
    )
    rows = answer("revision_statistics", DAY, NEXT, measure="consumption_total_mw")
    row = only(rows, estimation_method="TIME_SLICER_AVERAGE")
    assert (row["month"], row["hours"], row["revised_hours"], row["compared_hours"]) == (date(2026, 6, 1), 3, 3, 2)
    assert (row["mean_error"], row["mean_absolute_error"], row["mean_hours_until_final"]) == (-5, 15, 4)
    assert row["root_mean_square_error"] == pytest.approx(250**0.5)
    assert row["weighted_absolute_percent_error"] == 15
    measured = only(rows, estimation_method="")
    assert (measured["hours"], measured["revised_hours"], measured["mean_absolute_error"]) == (1, 0, 0)


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (date(2026, 6, 10), date(2026, 6, 10), "must be before the end"),
        (date(2026, 6, 10), date(2026, 6, 13), "2026-06-12, has not begun"),
    ],
)
def test_a_window_that_cannot_be_answered(start: date, end: date, reason: str) -> None:
    with pytest.raises(BadInputError, match=reason):
        Window(start, end).check(date(2026, 6, 11))
    Window(date(2026, 6, 10), date(2026, 6, 12)).check(date(2026, 6, 11))


def test_whole_months() -> None:
    months = Window(date(2026, 1, 31), date(2026, 3, 1)).whole_months()
    assert (months.start, months.end) == (date(2026, 1, 1), date(2026, 3, 1))
    assert Window(date(2026, 12, 31), date(2027, 1, 1)).whole_months().end == date(2027, 1, 1)


def test_a_folder_without_the_questions_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "energy_daily.sql").write_text("SELECT 1")
    with (
        pytest.raises(ConfigurationError, match="energy_monthly"),
        registered_views(spark, tmp_path, Window(DAY, NEXT)),
    ):
        pass
