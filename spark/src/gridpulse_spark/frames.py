"""DataFrames from what is not one: a few rows of Python, the rows that a plan gives."""

import importlib
import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, cast

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it
from pyspark.sql.types import ArrayType, DataType, MapType, StructType

__all__ = ["make_frame", "without_past"]

_types: Final[Any] = importlib.import_module("pyspark.sql.types")  # what reads a type is private before Spark 4


def make_frame(session: SparkSession, rows: Iterable[Sequence[Any]], schema: str | StructType) -> DataFrame:
    """From a few rows, their values in the schema's order: a part of the plan.

    `SparkSession.createDataFrame` would send them through processes of Python, anew in every query of the frame. A
    value that can't be read as its column's type is an error of the query.
    """
    row_type: StructType = _types._parse_datatype_string(schema) if isinstance(schema, str) else schema
    literal = F.lit(json.dumps([_plain(row, row_type) for row in rows], default=_text))
    parsed = F.from_json(literal, ArrayType(row_type), {"mode": "FAILFAST"})
    return session.range(1).select(F.inline(parsed))


def without_past(rows: DataFrame) -> DataFrame:
    """The same rows, in whose plan is nothing of how they are made: docs/decisions/kept-rows-have-no-past.md.

    They are made anew each time, unless they are kept. As with a checkpoint, all but the last stage of an adaptive plan
    runs at once; unlike one, what is lost with an executor is made again.
    """
    session: Any = rows.sparkSession
    query: Any = rows
    leaf = session._jsparkSession.internalCreateDataFrame(
        query._jdf.queryExecution().toRdd(), query._jdf.schema(), False
    )
    return DataFrame(leaf, session)


def _plain(value: Any, kind: DataType) -> Any:
    if value is None:
        return None
    match kind:
        case StructType():
            parts = zip(value, kind.fields, strict=True)
            return {field.name: _plain(part, field.dataType) for part, field in parts}
        case ArrayType():
            return [_plain(part, kind.elementType) for part in value]
        case MapType():
            return {key: _plain(part, kind.valueType) for key, part in value.items()}
        case _:
            return value


def _text(value: Any) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else cast("date", value).isoformat()
