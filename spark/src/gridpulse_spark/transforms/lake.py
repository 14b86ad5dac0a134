"""Kafka messages as rows of the lake, and back to events: typed columns, and nothing of the message lost."""

from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it
from pyspark.sql.types import BinaryType, IntegerType, LongType, StringType, StructField, StructType, TimestampType

from gridpulse_contract.models import DeadLetter, Header
from gridpulse_spark.schemas import EventModel, spark_type
from gridpulse_spark.transforms.messages import (
    first_problem,
    header,
    instant_fields,
    is_corrupt,
    read_instant,
    read_messages,
)

__all__ = ["column_types", "event_of", "lake_rows", "lake_type"]

_IN_PATH: Final = "signal"
_MESSAGE_FIELDS: Final = (
    StructField("partition", IntegerType()),
    StructField("offset", LongType()),
    StructField("append_time", TimestampType()),
    StructField("key", StringType()),
    StructField("event_id", StringType()),
    StructField("fetched_at", TimestampType()),
    StructField("problem", StringType()),
    StructField("value", BinaryType()),
)


LakeModel = EventModel | type[DeadLetter]


def lake_rows(messages: DataFrame, model: LakeModel) -> DataFrame:
    """One row for each row of Kafka's source (with headers).

    Where the message came from (`partition`, `offset`, `append_time`, `key`), its headers (`event_id`, `fetched_at`),
    `problem`: why the message is none of the model's, `value`: the message itself where there is a problem; and the
    model's fields, times as timestamps and missing numbers null. A dead letter's fields are in one column, `letter`.
    """
    instants = instant_fields(model)
    fields = {
        name: F.col(name) if name in instants else F.col("parsed.event")[name] for name in spark_type(model).names
    }
    if issubclass(model, DeadLetter):
        problem = F.when(is_corrupt(), "not JSON of the contract's types")
        fields = {"letter": F.struct(*(field.alias(name) for name, field in fields.items()))}
    else:
        problem = first_problem(model)
        del fields[_IN_PATH]
    columns = {
        "partition": F.col("partition"),
        "offset": F.col("offset"),
        "append_time": F.col("timestamp"),
        "key": F.col("key").cast("string"),
        "event_id": F.col("event_id"),
        "fetched_at": read_instant(header(Header.FETCHED_AT)),
        "problem": problem,
        "value": F.when(problem.isNotNull(), F.col("value")),
        **fields,
    }
    return read_messages(messages, model).select(*(column.alias(name) for name, column in columns.items()))


def event_of(model: EventModel) -> Column:
    """The event in a row of the lake, as `transforms.rows.event_columns` takes it."""
    return F.struct(*(F.col(name) for name in spark_type(model).names if name != _IN_PATH))


def lake_type(model: LakeModel) -> StructType:
    """The columns of `lake_rows`, in their order; every one may be null."""
    at_which = instant_fields(model)
    fields = [
        StructField(field.name, TimestampType() if field.name in at_which else field.dataType)
        for field in spark_type(model)
    ]
    if issubclass(model, DeadLetter):
        fields = [StructField("letter", StructType(fields))]
    else:
        fields = [field for field in fields if field.name != _IN_PATH]
    return StructType([*_MESSAGE_FIELDS, *fields])


def column_types(schema: StructType) -> dict[str, str]:
    """Type of each column, as SQL spells it."""
    return {field.name: field.dataType.simpleString() for field in schema}
