"""Loads into a stand-in for BigQuery: the newest revision wins, and what went astray is noticed."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_contract.zones import load_zones
from gridpulse_spark.warehouse import load as load_module
from gridpulse_spark.warehouse.errors import SchemaMismatchError, VerificationError, WarehouseError
from gridpulse_spark.warehouse.load import Loaded
from gridpulse_spark.warehouse.staging import stage
from gridpulse_spark.warehouse.statements import merge_statement, presence_query

from .conftest import TABLES, WINDOW, Row, Warehouse, frame, made

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

POWER: Final = "power_breakdown"
CARBON: Final = "carbon_intensity"  # the narrow table
VALUE: Final = "carbon_intensity_gco2eq_per_kwh"
AT: Final = datetime(2026, 3, 29, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)


def hours(count: int = 3, **values: Any) -> list[Row]:
    return [made("DE", AT + number * HOUR, **values) for number in range(count)]


def by_hour(warehouse: Warehouse, column: str) -> list[Any]:
    return [row["value"] for row in sorted(warehouse.rows(CARBON, f"t.at, {column} AS value"), key=lambda r: r["at"])]


def test_rows_arrive_with_every_kind_of_value(warehouse: Warehouse) -> None:
    rich = made(
        "DE",
        AT,
        prod_wind_mw=0.1,
        cons_gas_mw=-1e300,
        import_mw=[("FR", None), ("NL", 2.5)],
        quality=["balance", "sign"],
        estimation_method="TIME_SLICER_AVERAGE",
    )
    poor = made("DE", AT + HOUR)
    assert warehouse.load(POWER, [rich, poor]) == Loaded(POWER, read=2, staged=2, present=2, newer=0)
    found, empty = sorted(warehouse.rows(POWER), key=lambda row: row["at"])
    assert found == dict.fromkeys(TABLES[POWER].column_names) | {
        name: value for name, value in rich.items() if name != "variant"
    } | {"import_mw": [{"neighbour": "FR", "mw": None}, {"neighbour": "NL", "mw": 2.5}]}
    assert (empty["prod_wind_mw"], empty["import_mw"], empty["quality"]) == (None, [], [])


def test_loading_again_changes_nothing_and_a_newer_revision_wins(warehouse: Warehouse) -> None:
    warehouse.load(CARBON, hours(carbon_intensity_gco2eq_per_kwh=1.0))
    before = warehouse.rows(CARBON)
    warehouse.load(CARBON, hours(carbon_intensity_gco2eq_per_kwh=1.0))
    assert warehouse.rows(CARBON) == before
    newer = made("DE", AT, updated_at=AT + 5 * HOUR, carbon_intensity_gco2eq_per_kwh=2.0)
    older = made("DE", AT + HOUR, updated_at=AT + HOUR, carbon_intensity_gco2eq_per_kwh=3.0)
    outcome = warehouse.load(CARBON, [newer, older])
    assert outcome == Loaded(CARBON, read=2, staged=2, present=2, newer=1)
    assert by_hour(warehouse, VALUE) == [2.0, 1.0, 1.0]


@pytest.mark.slow
def test_a_revision_takes_values_back(warehouse: Warehouse) -> None:
    warehouse.load(POWER, [made("DE", AT, prod_wind_mw=1.0, import_mw=[("FR", 1.0)], quality=["sign"])])
    warehouse.load(POWER, [made("DE", AT, updated_at=AT + 5 * HOUR)])
    (row,) = warehouse.rows(POWER)
    assert (row["prod_wind_mw"], row["import_mw"], row["quality"]) == (None, [], [])


@pytest.mark.slow
def test_of_one_updated_at_the_later_write_time_wins_and_a_key_arrives_once(warehouse: Warehouse) -> None:
    first, second = (
        made("DE", AT, carbon_intensity_gco2eq_per_kwh=float(n), write_timestamp_us=10 + n) for n in (1, 2)
    )
    warehouse.load(CARBON, [second])
    warehouse.load(CARBON, [first])
    assert by_hour(warehouse, VALUE) == [2.0]
    statement = merge_statement(TABLES[CARBON], "p.d.t", "p.s.t", WINDOW)
    assert (
        "PARTITION BY R.`zone`, R.`variant`, R.`granularity`, R.`at` ORDER BY updated_at DESC, write_timestamp_us DESC"
        in statement
    )


@pytest.mark.slow
def test_a_row_that_was_changed_by_hand_is_put_right(warehouse: Warehouse) -> None:
    warehouse.load(CARBON, hours(carbon_intensity_gco2eq_per_kwh=1.0))
    by_hand = f"UPDATE {CARBON} AS t SET carbon_intensity_gco2eq_per_kwh = 7 WHERE t.at = TIMESTAMP '2026-03-29'"  # noqa: S608
    warehouse.bigquery.execute(f"by-hand-{warehouse.settings.dataset}", by_hand)
    warehouse.load(CARBON, hours(carbon_intensity_gco2eq_per_kwh=1.0))
    assert by_hour(warehouse, VALUE) == [1.0, 1.0, 1.0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DELETE FROM {table} AS t WHERE t.at = TIMESTAMP '2026-03-29'", "rows=2"),
        ("INSERT INTO {table} SELECT * FROM {table} AS t WHERE t.at = TIMESTAMP '2026-03-29'", "rows=4"),
        ("UPDATE {table} AS t SET carbon_intensity_gco2eq_per_kwh = 9 WHERE t.at = TIMESTAMP '2026-03-29'", "rows=3"),
        ("UPDATE {table} AS t SET kind = 'unknown' WHERE t.at = TIMESTAMP '2026-03-29'", "rows=3"),
        ("UPDATE {table} AS t SET write_timestamp_us = 1 WHERE t.at = TIMESTAMP '2026-03-29'", "1 of them in an older"),
    ],
)
def test_rows_that_went_astray_fail_the_load(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, statement: str, message: str
) -> None:
    """The harm is done between the merge and the proof."""
    harm, name = statement.format(table=CARBON), warehouse.bigquery.name_of(TABLES[CARBON])

    def harmed(*arguments: Any) -> str:
        warehouse.bigquery.execute(f"harm-{name}", harm)
        return presence_query(*arguments)

    monkeypatch.setattr(load_module, "presence_query", harmed)
    with pytest.raises(VerificationError, match=message):
        warehouse.load(CARBON, hours(carbon_intensity_gco2eq_per_kwh=1.0, quality=["sign"]))


@pytest.mark.slow
def test_rows_lost_by_the_load_job_fail_the_load(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_arguments: Any, **_options: Any) -> None: ...

    monkeypatch.setattr(warehouse.bigquery, "load_file", lose)
    with pytest.raises(VerificationError, match=r"were staged, but Sums\(rows=0"):
        warehouse.load(CARBON, hours())
    assert warehouse.rows(CARBON) == []


@pytest.mark.slow
def test_runs_of_one_window_never_mix(warehouse: Warehouse, tmp_path: Path) -> None:
    table, location = TABLES[CARBON], str(tmp_path / "runs")
    rows = frame(warehouse.session, table, hours())
    one, other = (stage(warehouse.session, rows, table, WINDOW, location=location, run=run) for run in ("a", "b"))
    assert one.sums == other.sums
    assert one.sums.rows == 3
    assert one.digest != other.digest
    assert not {file.uri for file in one.files} & {file.uri for file in other.files}
    assert all(len(file.sha256) == 64 and file.size_bytes for file in one.files)
    text = (tmp_path / "runs" / CARBON / "day=2026-03-31" / "run=a" / "_manifest.json").read_text()
    assert text == one.text()


def test_a_staging_folder_that_cannot_be_written_is_named(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    rows = frame(warehouse.session, TABLES[CARBON], hours())
    with pytest.raises(WarehouseError, match=f"carbon_intensity can't be staged to {tmp_path}/file/"):
        stage(warehouse.session, rows, TABLES[CARBON], WINDOW, location=str(tmp_path / "file"), run="a")


@pytest.mark.slow
def test_nothing_is_left_of_a_load_but_its_rows(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.load(CARBON, hours())
    warehouse.load(CARBON, [])
    assert not list((tmp_path / "stage").rglob("*.parquet"))
    staging = warehouse.settings.staging_dataset
    assert warehouse.bigquery.ask(f"SELECT table_name FROM {staging}.INFORMATION_SCHEMA.TABLES") == []  # noqa: S608


@pytest.mark.slow
def test_the_reference_is_replaced_as_a_whole(warehouse: Warehouse) -> None:
    for _ in range(2):
        warehouse.new_load().load_reference()
    rows = warehouse.bigquery.ask("SELECT * FROM zones")
    assert {row["key"]: (row["name"], row["timezone"], row["parent"]) for row in rows} == {
        zone.key: (zone.name, zone.timezone, zone.parent) for zone in load_zones().values()
    }
    assert len(rows) == len(load_zones())
    (count,) = warehouse.bigquery.ask("SELECT COUNT(*) AS links FROM zone_neighbours")
    assert count["links"] == sum(len(zone.neighbours) for zone in load_zones().values())


def test_a_table_of_another_schema_is_named_with_every_difference(warehouse: Warehouse) -> None:
    table = TABLES["carbon_intensity"]
    kind = next(field for field in table.fields if field.name == "kind")
    fields = tuple(
        replace(kind, type="INTEGER", mode="NULLABLE") if field.name == "kind" else field
        for field in table.fields
        if field.name != "quality"
    )
    other = replace(table, name="other", fields=(*fields, replace(kind, name="more")), cluster_by=("zone",))
    warehouse.bigquery.make_table(other)
    with pytest.raises(SchemaMismatchError) as caught:
        warehouse.bigquery.make_table(replace(table, name="other"))
    message = str(caught.value)
    for part in (
        f"{warehouse.settings.dataset}.other is not as",
        "column more is not in its schema",
        "column kind is INTEGER NULLABLE, not STRING REQUIRED",
        "column quality is missing",
        "clustered by: ['zone'], not ['zone', 'variant', 'granularity']",
    ):
        assert part in message


def test_the_checksum_is_the_same_in_spark_and_in_bigquery(warehouse: Warehouse) -> None:
    """The load compares Spark's with BigQuery's, and fails where they differ."""
    rng = random.Random(1)  # noqa: S311 - made-up data
    values = [rng.choice((-1, 1)) * rng.random() * 10 ** rng.randint(-6, 16) for _ in range(400)]
    values += [0.0, -0.0, 0.0005, -0.0005, 1.0005, 2.5, 1e12, -1e12, 999_999_999_999.9999, 5e-324, 1.7e308, 123456.7895]
    rows = [
        made("DE", AT - number * HOUR / 4, carbon_intensity_gco2eq_per_kwh=value) for number, value in enumerate(values)
    ]
    assert warehouse.load(CARBON, rows).present == len(values)
