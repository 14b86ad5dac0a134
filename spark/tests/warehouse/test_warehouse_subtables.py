"""BigQuery's SQL gives the numbers of Spark SQL, and both those of the golden table."""

import csv
import math
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_spark.analytics.questions import QUESTIONS, registered_views
from gridpulse_spark.analytics.window import Window as Days
from gridpulse_spark.reference import register_reference_views
from gridpulse_spark.warehouse.subtables import Subtables
from gridpulse_spark.warehouse.window import window_of

from .conftest import DEFINITIONS, TABLES, Row, Warehouse, frame, made

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

GOLDEN: Final = Path(__file__).parents[3] / "tests" / "golden"
SPARK_SQL: Final = Path(__file__).parents[2] / "sql"
TOLERANCE: Final = 1e-6  # MWh, percent
HOUR: Final = timedelta(hours=1)
NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)


def read(name: str) -> list[dict[str, str]]:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def load_rows(warehouse: Warehouse, table: str, rows: Iterable[Row], day: date) -> None:
    loaded = list(rows)
    assert warehouse.load(table, loaded, window_of(day, NOW)).present == len(loaded)


def require_partition_filters(warehouse: Warehouse) -> None:
    """As the tables have it; the stand-in can't MERGE with it."""
    for name in (name for name, table in TABLES.items() if table.require_partition_filter):
        statement = f"ALTER TABLE {name} SET OPTIONS (require_partition_filter = TRUE)"
        warehouse.bigquery.execute(f"require-{warehouse.settings.dataset}-{name}", statement)


def test_daily_energy_is_that_of_the_golden_table(warehouse: Warehouse) -> None:
    hours = read("hours.csv")
    numbers = sorted(hours[0].keys() & set(POWER_NUMBER_COLUMNS))
    rows: list[Row] = [
        {**made(row["zone"], datetime.fromisoformat(row["at"])), **{n: float(row[n]) for n in numbers if row[n]}}
        for row in hours
    ]
    warehouse.new_load().load_reference()
    load_rows(warehouse, "power_breakdown", (row for row in rows if row["at"].year == 2025), date(2025, 11, 1))
    load_rows(warehouse, "power_breakdown", (row for row in rows if row["at"].year == 2026), date(2026, 4, 1))
    require_partition_filters(warehouse)
    statement = Subtables(DEFINITIONS).statement("energy_daily", date(2025, 10, 1), date(2026, 4, 1))
    warehouse.bigquery.execute(f"golden-{warehouse.settings.dataset}", statement)
    key = ("zone", "calendar", "day", "flow", "mode")
    found = {tuple(str(row[name]) for name in key): row for row in warehouse.bigquery.ask("SELECT * FROM energy_daily")}
    for row in read("energy_daily.csv"):
        there = found[tuple(row[name] for name in key)]
        energy = float(row["energy_mwh"]) if row["energy_mwh"] else None
        assert there["energy_mwh"] == pytest.approx(energy, abs=TOLERANCE), row
        assert there["coverage_percent"] == pytest.approx(float(row["coverage_percent"]), abs=TOLERANCE), row


@pytest.mark.slow
def test_every_question_has_one_answer(warehouse: Warehouse, spark: SparkSession) -> None:
    """Made-up hours around the spring change of clocks, with all that can be missing, in Spark and in BigQuery."""
    rng = random.Random(7)  # noqa: S311 - made-up data
    start, end, day = date(2026, 3, 1), date(2026, 4, 1), date(2026, 3, 31)
    data = {name: list(_rows(rng, name)) for name, table in TABLES.items() if table.partition_by_day}
    warehouse.new_load().load_reference()
    for name, rows in data.items():
        load_rows(warehouse, name, rows, day)
    require_partition_filters(warehouse)
    assert len(list(Subtables(DEFINITIONS).make(warehouse.bigquery, start=start, end=end, run="parity"))) == len(
        QUESTIONS
    )
    _register(spark, data)
    with registered_views(spark, SPARK_SQL, Days(start, end)):
        for question in QUESTIONS:
            expected = [row.asDict() for row in cast("list[Any]", spark.table(question.name).collect())]
            found = warehouse.bigquery.ask(f"SELECT * FROM {question.name}")  # noqa: S608
            assert _comparable(found) == pytest.approx(_comparable(expected), rel=1e-9, abs=TOLERANCE), question.name


def _comparable(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[object, ...], float]:
    """Everything that is no measured number, and the name of one -> that number (null as infinity)."""
    result: dict[tuple[object, ...], float] = {}
    for row in rows:
        key = tuple(f"{name}={_text(value)}" for name, value in sorted(row.items()) if not _is_number(name, value))
        for name, value in row.items():
            if _is_number(name, value):
                result[(*key, name)] = math.inf if value is None else float(value)
    return result


def _is_number(name: str, value: Any) -> bool:
    return name not in ("clock_hour", "iso_weekday") and (value is None or isinstance(value, (int, float)))


def _text(value: Any) -> str:
    return str(value.astimezone(UTC)) if isinstance(value, datetime) else str(value)


def _rows(rng: random.Random, table: str) -> Iterable[Row]:
    def number(low: float, high: float) -> float | None:
        return None if rng.random() < 0.1 else round(rng.uniform(low, high), 3)

    def exchange() -> list[tuple[str, float | None]]:
        return [(name, number(0, 900)) for name in ("AT", "DE", "FR", "IT-NO") if rng.random() < 0.8]

    at = datetime(2026, 3, 28, tzinfo=UTC)
    for zone in ("DE", "FR", "IT", "IT-NO", "PT-AC"):
        for hour in range(60):
            if rng.random() < 0.05:
                continue
            for revision in range(rng.randint(1, 3) if table.endswith("revisions") else 1):
                updated_at = at + hour * HOUR + timedelta(minutes=50 + 37 * revision)
                values: dict[str, Any] = {
                    field.name: number(-10, 40_000) for field in TABLES[table].fields if field.type == "FLOAT"
                }
                values["quality"] = ["sign"] if rng.random() < 0.05 else []
                values["estimation_method"] = rng.choice(("", "TIME_SLICER_AVERAGE"))
                yield made(
                    zone, at + hour * HOUR, updated_at=updated_at, import_mw=exchange(), export_mw=exchange(), **values
                )


def _register(spark: SparkSession, data: Mapping[str, list[Row]]) -> None:
    for name, rows in data.items():
        view = frame(spark, TABLES[name], rows)
        for column in {"import_mw", "export_mw"} & set(view.columns):
            view = view.withColumn(column, F.map_from_entries(column))
        view.createOrReplaceTempView(name)
    register_reference_views(spark)
