"""Rows of the warehouse's tables, and a stand-in for BigQuery to load them into."""

import itertools
from collections.abc import Generator, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import (
    ArrayType,
    DataType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from gridpulse_platform import BigQueryStandIn
from gridpulse_spark.frames import make_frame
from gridpulse_spark.warehouse.client import BigQuery
from gridpulse_spark.warehouse.load import Load, Loaded
from gridpulse_spark.warehouse.settings import WarehouseSettings
from gridpulse_spark.warehouse.tables import Field, Table, read_tables
from gridpulse_spark.warehouse.window import Window, window_of

DEFINITIONS: Final = Path(__file__).parents[3] / "bigquery"
TABLES: Final = read_tables(DEFINITIONS)
WINDOW: Final = window_of(date(2026, 3, 31), datetime(2026, 4, 1, tzinfo=UTC))
_TYPES: Final[dict[str, DataType]] = {
    "STRING": StringType(),
    "FLOAT": DoubleType(),
    "INTEGER": LongType(),
    "TIMESTAMP": TimestampType(),
}
_RUNS: Final = itertools.count()

Row = dict[str, Any]


def made(zone: str, at: datetime, *, updated_at: datetime | None = None, **values: Any) -> Row:
    """A row of any table of data; what is not given is missing."""
    known = updated_at or at + timedelta(hours=1)
    return {
        "zone": zone,
        "variant": "lifecycle",
        "granularity": "hourly",
        "at": at,
        "kind": "measured",
        "estimation_method": "",
        "quality": [],
        "import_mw": [],
        "export_mw": [],
        "updated_at": known,
        "write_timestamp_us": round(known.timestamp() * 1_000_000),
        **values,
    }


def frame(session: SparkSession, table: Table, rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    """The rows as `read_window` gives them."""
    values = [tuple(row.get(name) for name in table.column_names) for row in rows]
    return make_frame(session, values, _struct(table.fields))


def _struct(fields: Iterable[Field]) -> StructType:
    def of(field: Field) -> DataType:
        one = _struct(field.fields) if field.fields else _TYPES[field.type]
        return ArrayType(one) if field.mode == "REPEATED" else one

    return StructType([StructField(field.name, of(field)) for field in fields])


class Warehouse:
    """A dataset of its own in the stand-in, and loads into it."""

    def __init__(self, session: SparkSession, settings: WarehouseSettings) -> None:
        self.session = session
        self.settings = settings
        self.bigquery = BigQuery(settings)

    def new_load(self, window: Window = WINDOW) -> Load:
        """A run that has not begun."""
        return Load(self.session, self.bigquery, self.settings, TABLES, window, f"run{next(_RUNS)}")

    def load(self, table: str, rows: Iterable[Mapping[str, Any]], window: Window = WINDOW) -> Loaded:
        """Load rows into one table."""
        return self.new_load(window).load_table(TABLES[table], frame(self.session, TABLES[table], rows))

    def rows(self, table: str, columns: str = "*") -> list[Row]:
        """What is in a table."""
        return self.bigquery.ask(f"SELECT {columns} FROM {table} AS t WHERE t.at >= TIMESTAMP '1970-01-01'")  # noqa: S608


@pytest.fixture
def warehouse(bigquery: BigQueryStandIn, spark: SparkSession, tmp_path: Path) -> Generator[Warehouse]:
    """Tables as the schema files say, without rows."""
    number = next(_RUNS)
    settings = WarehouseSettings(
        stage_location=str(tmp_path / "stage"),
        project=bigquery.project,
        dataset=f"power_{number}",
        staging_dataset=f"staging_{number}",
        api_endpoint=bigquery.endpoint,
        retry_seconds=5,
        require_partition_filter=False,
    )
    made_warehouse = Warehouse(spark, settings)
    made_warehouse.new_load().prepare()
    yield made_warehouse
    made_warehouse.bigquery.close()
    for name in (settings.dataset, settings.staging_dataset):
        bigquery.drop_dataset(name)
