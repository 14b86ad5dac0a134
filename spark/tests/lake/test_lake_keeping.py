"""Rows that are kept: the same ones, made once, and without how they were made."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from pyspark.sql import DataFrame, SparkSession

from gridpulse_spark.errors import LakeError
from gridpulse_spark.frames import make_frame
from gridpulse_spark.lake.keeping import keep

TYPES: Final = (
    "name string, count bigint, mw double, exact decimal(38, 9), day date, at timestamp, is_open boolean, "
    "raw binary, marks array<string>, by_zone map<string, double>, letter struct<status: int, url: string>"
)
ROW: Final = (
    "ü",
    2**63 - 1,
    0.1,
    "12345678901234567890123456789.000000001",
    date(2011, 12, 30),  # which one of the world's clocks has skipped
    datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC),
    True,
    b"\x00\xff",
    ["x", None],
    {"FR": -1.5, "": None},
    (404, None),
)


@pytest.fixture
def folder(spark: SparkSession, tmp_path: Path) -> Path:
    """With Parquet files of ten rows."""
    spark.range(10).write.parquet(str(tmp_path / "ten"))
    return tmp_path / "ten"


def remove_files(folder: Path) -> None:
    for path in folder.glob("*.parquet"):
        path.unlink()


def read(spark: SparkSession, folder: Path) -> DataFrame:
    return spark.read.schema("id BIGINT").parquet(str(folder))


def test_rows_of_every_type_are_the_same(spark: SparkSession) -> None:
    rows = make_frame(spark, [ROW, (None,) * len(ROW)], TYPES)
    kept = keep(rows)
    assert kept.schema == rows.schema
    assert kept.collect() == rows.collect()
    kept.unpersist()


def test_what_was_read_once_is_not_read_again_until_it_is_given_up(spark: SparkSession, folder: Path) -> None:
    kept = keep(read(spark, folder))
    assert kept.count() == 10
    remove_files(folder)
    assert sorted(row["id"] for row in kept.collect()) == list(range(10))
    kept.unpersist()
    with pytest.raises(Exception, match=r"parquet"):
        kept.collect()


def test_a_query_knows_nothing_of_how_they_were_made(spark: SparkSession, folder: Path) -> None:
    made = read(spark, folder).groupBy("id").count()
    kept = keep(made)

    def plan(rows: DataFrame) -> str:
        query: Any = rows.where("id > 3")
        return query._jdf.queryExecution().toString()

    assert "Aggregate" in plan(made)
    assert "Aggregate" not in plan(kept)
    assert str(folder) not in plan(kept)
    kept.unpersist()


def test_what_cannot_be_read_at_once_is_an_error_of_the_lake(spark: SparkSession, folder: Path) -> None:
    """As in the jobs, whose adaptive plans begin to run here."""
    made = read(spark, folder).groupBy("id").count()
    spark.conf.set("spark.sql.adaptive.enabled", "true")
    try:
        rows = made.where("id > 3")
        remove_files(folder)
        with pytest.raises(LakeError, match=r"The lake can't be read: .*parquet"):
            keep(rows)
    finally:
        spark.conf.set("spark.sql.adaptive.enabled", "false")
