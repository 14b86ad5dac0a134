"""Rows of Python as a part of a query's plan."""

import math
from datetime import UTC, date, datetime
from typing import Any, Final

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from gridpulse_spark.frames import make_frame

_TYPES: Final = (
    "name string, count bigint, mw double, day date, at timestamp, raw binary, marks array<string>, "
    "by_zone map<string, double>, headers array<struct<key: string, value: binary>>"
)
_AT: Final = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)


def _collected(session: SparkSession, rows: list[tuple[Any, ...]], types: str) -> list[Any]:
    return [row.asDict(recursive=True) for row in make_frame(session, rows, types).collect()]


def test_every_type_comes_back(spark: SparkSession) -> None:
    row = (
        'a "b"\n\\ ü\x00',
        2**63 - 1,
        0.1,
        date(2026, 3, 29),
        _AT,
        b"\x00\xff",
        ["x", None],
        {"FR": -1.5, "": None},
        [("a", b"\x80"), ("b", None)],
    )
    (found,) = _collected(spark, [row], _TYPES)
    assert found["at"].astimezone(UTC) == _AT
    assert found["headers"] == [{"key": "a", "value": b"\x80"}, {"key": "b", "value": None}]
    assert [found[name] for name in ("name", "count", "mw", "day", "raw", "marks", "by_zone")] == [
        *(row[index] for index in (0, 1, 2, 3, 5, 6, 7))
    ]


def test_what_is_missing_is_null_and_what_is_no_number_is_none(spark: SparkSession) -> None:
    nothing = (None,) * 9
    found = _collected(spark, [nothing, ("", 0, math.nan, None, None, b"", [], {}, [])], _TYPES)
    assert set(found[0].values()) == {None}
    assert math.isnan(found[1]["mw"])
    assert [found[1][name] for name in ("name", "count", "raw", "marks", "by_zone", "headers")] == [
        "",
        0,
        b"",
        [],
        {},
        [],
    ]


def test_no_rows_have_their_columns(spark: SparkSession) -> None:
    frame = make_frame(spark, [], _TYPES)
    assert frame.columns == ["name", "count", "mw", "day", "at", "raw", "marks", "by_zone", "headers"]
    assert frame.count() == 0


@pytest.mark.parametrize("value", ["many", 1.5, 2**63])
def test_a_value_of_another_type_is_an_error(spark: SparkSession, value: Any) -> None:
    with pytest.raises(Py4JJavaError, match="MALFORMED_RECORD"):
        make_frame(spark, [("DE", value)], "zone string, count bigint").collect()


def test_no_process_of_python_is_asked(spark: SparkSession) -> None:
    frame: Any = make_frame(spark, [("DE",)], "zone string")
    plan = str(frame._jdf.queryExecution().executedPlan())
    assert "Generate inline" in plan
    assert "ExistingRDD" not in plan


def test_a_class_of_the_jvm_is_looked_for_once(spark: SparkSession) -> None:
    context: Any = spark.sparkContext
    jvm = context._jvm
    assert jvm.functions is jvm.functions
    assert jvm.functions.col("a").toString() == "a"
