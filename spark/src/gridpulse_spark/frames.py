"""DataFrames from what is not one."""

from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

__all__ = ["make_frame"]


def make_frame(session: SparkSession, rows: Any, schema: str | StructType) -> DataFrame:
    """From tuples, or an RDD of them, in the schema's order; they are not checked against it."""
    untyped: Any = session
    made: DataFrame = untyped.createDataFrame(rows, schema, verifySchema=False)
    return made
