"""One number for a set of rows, the same in Spark and in BigQuery, whatever the rows' order.

A row's text is its columns in their order, joined by `|`: numbers in whole thousandths, instants in microseconds,
null and empty alike as nothing. The row's hash is the first 40 bits of the text's MD5, and the checksum of rows is the
sum of their hashes, which stays exact for eight million rows. (BigQuery's FARM_FINGERPRINT is not in Spark; MD5 is in
both, and nobody attacks this.) Floats are scaled by the same two operations of IEEE 754 on both sides; from 1e12 on
all numbers count alike, since their thousandths would not fit.
"""

from collections.abc import Sequence
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_spark.warehouse.tables import Field

__all__ = ["row_hash", "row_hash_sql"]

_HASH_DIGITS: Final = 10
_LIMIT: Final = "1e12"
_TOO_LARGE: Final = "large"


def row_hash(fields: Sequence[Field]) -> Column:
    """The hash of a row in Spark, a bigint; a REPEATED column is an array."""
    text = F.concat_ws("|", *(_spark_text(field, F.col(field.name)) for field in fields))
    return F.conv(F.substring(F.md5(text), 1, _HASH_DIGITS), 16, 10).cast("bigint")


def row_hash_sql(fields: Sequence[Field], alias: str) -> str:
    """The hash of the row `alias` in GoogleSQL, an INT64."""
    texts = ", '|', ".join(_google_text(field, f"{alias}.`{field.name}`") for field in fields)
    return f"CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT({texts}))), 1, {_HASH_DIGITS})) AS INT64)"


def _spark_text(field: Field, value: Column) -> Column:
    if field.mode == "REPEATED" and field.type == "RECORD":
        key, number = field.fields

        def member(entry: Column) -> Column:
            return F.concat(entry[key.name], F.lit("="), _spark_text(number, entry[number.name]))

        return F.coalesce(F.array_join(F.transform(value, member), ","), F.lit(""))
    if field.mode == "REPEATED":
        return F.coalesce(F.array_join(value, ","), F.lit(""))
    if field.type == "FLOAT":
        thousandths = F.floor(value * F.lit(1000.0) + F.lit(0.5)).cast("string")
        return F.coalesce(F.when(F.abs(value) < F.lit(float(_LIMIT)), thousandths), _large(value), F.lit(""))
    if field.type == "TIMESTAMP":
        return F.coalesce(F.unix_micros(value).cast("string"), F.lit(""))
    return F.coalesce(value.cast("string"), F.lit(""))


def _large(value: Column) -> Column:
    return F.when(value.isNotNull(), F.lit(_TOO_LARGE))


def _google_text(field: Field, value: str) -> str:
    if field.mode == "REPEATED" and field.type == "RECORD":
        key, number = field.fields
        member = f"CONCAT(entry.{key.name}, '=', {_google_text(number, f'entry.{number.name}')})"
        joined = f"SELECT STRING_AGG({member}, ',' ORDER BY entry.{key.name}) FROM UNNEST({value}) AS entry"  # noqa: S608 - ours
        return f"IFNULL(({joined}), '')"
    if field.mode == "REPEATED":
        return f"IFNULL(ARRAY_TO_STRING({value}, ','), '')"
    if field.type == "FLOAT":
        thousandths = f"CAST(CAST(FLOOR({value} * 1000.0 + 0.5) AS INT64) AS STRING)"
        return (
            f"CASE WHEN {value} IS NULL THEN '' WHEN ABS({value}) < {_LIMIT} THEN {thousandths} ELSE '{_TOO_LARGE}' END"
        )
    if field.type == "TIMESTAMP":
        return f"IFNULL(CAST(UNIX_MICROS({value}) AS STRING), '')"
    return f"IFNULL(CAST({value} AS STRING), '')"
