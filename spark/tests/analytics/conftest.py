"""The lake reader's views, made of rows that a test writes down."""

import math
from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_platform import CassandraNode, wait_until
from gridpulse_schema import migrate, open_session
from gridpulse_spark.analytics.questions import registered_views
from gridpulse_spark.analytics.window import Window
from gridpulse_spark.errors import StoreError
from gridpulse_spark.frames import make_frame
from gridpulse_spark.reference import register_reference_views
from gridpulse_spark.stores import check_tables

SQL_DIR: Final = Path(__file__).parents[2] / "sql"
HOUR: Final = timedelta(hours=1)
KEYSPACE: Final = "analytics"
SEEN_SECONDS: Final = 30
_ORIGIN: Final = (
    "kind string, estimation_method string, quality array<string>, updated_at timestamp, write_timestamp_us bigint"
)
_POWER: Final = ", ".join(
    (
        "zone string, granularity string, at timestamp",
        *(f"{column} double" for column in POWER_NUMBER_COLUMNS),
        "import_mw map<string, double>, export_mw map<string, double>",
        _ORIGIN,
    )
)
_CARBON: Final = (
    "zone string, variant string, granularity string, at timestamp, carbon_intensity_gco2eq_per_kwh double, " + _ORIGIN
)
_KEYS: Final = {"power_breakdown": ("zone", "granularity", "at"), "carbon_intensity": ("zone", "variant", "at")}

Made = dict[str, Any]
Lake = Callable[..., None]


def made(zone: str, at: datetime, updated_at: datetime | None = None, **values: Any) -> Made:
    """A row; numbers that are not given are missing."""
    known = updated_at or at + HOUR
    row: Made = {
        "zone": zone,
        "granularity": "hourly",
        "at": at,
        "variant": "lifecycle",
        "kind": "measured",
        "estimation_method": "",
        "quality": [],
        "import_mw": {},
        "export_mw": {},
        "updated_at": known,
        "write_timestamp_us": round(known.timestamp() * 1_000_000),
    }
    return {**row, **{name: float(value) if isinstance(value, int) else value for name, value in values.items()}}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # pyright: ignore[reportArgumentType]  year, month, day and so on


@pytest.fixture(scope="session")
def lake(spark: SparkSession) -> Lake:
    """Registers the reader's views over revisions: of each key the newest is current."""
    session: Any = spark

    def views(table: str, types: str, revisions: Iterable[Mapping[str, Any]]) -> None:
        names = [part.split()[0] for part in types.replace("map<string, double>", "map").split(", ")]
        rows = [tuple(revision.get(name) for name in names) for revision in revisions]
        make_frame(session, rows, types).createOrReplaceTempView(f"{table}_revisions")
        keys = ", ".join(_KEYS[table])
        newest = session.sql(
            f"SELECT *, row_number() OVER (PARTITION BY {keys} ORDER BY write_timestamp_us DESC) AS place "  # noqa: S608
            f"FROM {table}_revisions"
        )
        newest.where("place = 1").drop("place").createOrReplaceTempView(table)

    def register(power: Iterable[Made] = (), carbon: Iterable[Made] = ()) -> None:
        views("power_breakdown", _POWER, power)
        views("carbon_intensity", _CARBON, carbon)
        register_reference_views(spark)

    return register


@pytest.fixture
def answer(spark: SparkSession) -> Callable[..., list[Made]]:
    """Asks one question of the registered lake over days; rows as dicts, times in UTC."""

    def ask(name: str, start: date, end: date, **where: object) -> list[Made]:
        with registered_views(spark, SQL_DIR, Window(start, end)):
            rows = spark.table(name)
            for column, value in where.items():
                rows = rows.where(F.col(column) == F.lit(value))
            found = cast("list[Any]", rows.collect())
        return [{key: _plain(value) for key, value in row.asDict().items()} for row in found]

    return ask


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def make_keyspace(spark: SparkSession, session: Any, keyspace: str) -> None:
    """A migrated keyspace that Spark sees: a connection of earlier tests learns of new tables a second late."""
    migrate(session, keyspace=keyspace, replication={"class": "NetworkTopologyStrategy", "dc1": 1})

    def is_seen() -> bool:
        try:
            check_tables(spark, keyspace, ("power_daily", "data_quality"))
        except StoreError:
            return False
        return True

    wait_until(is_seen, SEEN_SECONDS, f"Spark's view of {keyspace}")


@pytest.fixture(scope="module")
def session(cassandra: CassandraNode, spark: SparkSession) -> Generator[Any]:
    """Cassandra with a migrated keyspace, which Spark knows where to find."""
    conf = {
        "spark.cassandra.connection.host": cassandra.contact_points,
        "spark.cassandra.connection.port": str(cassandra.port),
        "spark.cassandra.connection.localDC": cassandra.local_datacenter,
    }
    for name, value in conf.items():
        spark.conf.set(name, value)
    with open_session([cassandra.contact_points], port=cassandra.port) as opened:
        make_keyspace(spark, opened, KEYSPACE)
        yield opened
    for name in conf:
        spark.conf.unset(name)
