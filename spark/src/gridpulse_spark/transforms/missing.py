"""Stores keep a missing number as NaN; in sums and maxima it would be poison, so it is null wherever one computes."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it
from pyspark.sql.types import DataType, DoubleType, MapType

__all__ = ["nan_to_null", "null_for_nan"]


def nan_to_null(rows: DataFrame) -> DataFrame:
    """Every double, and every double in a map, with null in place of NaN."""
    return rows.select(*(_without_nan(F.col(field.name), field.dataType).alias(field.name) for field in rows.schema))


def _without_nan(column: Column, kind: DataType) -> Column:
    if isinstance(kind, DoubleType):
        return null_for_nan(column)
    if isinstance(kind, MapType) and isinstance(kind.valueType, DoubleType):
        return F.transform_values(column, lambda _key, value: null_for_nan(value))
    return column


def null_for_nan(number: Column) -> Column:
    """A number, or null where it is NaN."""
    return F.when(~F.isnan(number), number)
