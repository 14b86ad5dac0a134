"""From events to the rows of the stores: flat, typed, and without a null anywhere."""

from collections.abc import Mapping
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.models import EVENT_MODELS, Signal
from gridpulse_spark.transforms.dead_letters import dead_letter
from gridpulse_spark.transforms.messages import first_problem, read_messages, write_timestamp_us
from gridpulse_spark.transforms.quality import quality_flags
from gridpulse_spark.transforms.signals import TRANSFORMS, Table

__all__ = [
    "DEAD_LETTER",
    "MESSAGE_KEY",
    "WRITE_TIMESTAMP_US",
    "event_rows",
    "table_rows",
    "to_rows",
    "valid_rows",
]

WRITE_TIMESTAMP_US: Final = "write_timestamp_us"
MESSAGE_KEY: Final = "message_key"
DEAD_LETTER: Final = "dead_letter"


def to_rows(messages: DataFrame, signal: Signal) -> DataFrame:
    """Rows of Kafka's source (with headers) as rows of the signal's tables, with what becomes of the others.

    Every message gives one row: either `dead_letter` is null and every column of its tables is there (missing numbers
    NaN, missing texts ''), with `write_timestamp_us`; or `dead_letter` holds the JSON of its dead letter. `message_key`
    is the message's key. The session's time zone must be UTC, since years and months are those of UTC.
    """
    columns = {
        **_event_columns(signal, F.col("parsed.event")),
        MESSAGE_KEY: F.col("key"),
        DEAD_LETTER: dead_letter(signal, first_problem(EVENT_MODELS[signal])),
    }
    return read_messages(messages, EVENT_MODELS[signal]).select(*_named(columns))


def event_rows(events: DataFrame, signal: Signal, event: Column) -> DataFrame:
    """Rows of the signal's tables from rows with an event, its times as `at` and `updated_at`, and its `event_id`."""
    return events.select(*_named(_event_columns(signal, event)))


def _event_columns(signal: Signal, event: Column) -> dict[str, Column]:
    """Every column of its tables, by name, and `write_timestamp_us`, of an event with its times and id beside it."""
    transform, at, updated_at = TRANSFORMS[signal], F.col("at"), F.col("updated_at")
    period_of = F.col(transform.period_of)
    return {
        "zone": event["zone"],
        "granularity": event["granularity"],
        "year": F.year(period_of),
        "month": F.year(period_of) * 100 + F.month(period_of),
        "at": at,
        "updated_at": updated_at,
        **transform.values(event),
        "kind": event["kind"],
        "estimation_method": F.coalesce(event["estimation_method"], F.lit("")),
        "quality": quality_flags(transform.checks(event), event, at, updated_at),
        WRITE_TIMESTAMP_US: write_timestamp_us(updated_at, F.col("event_id")),
    }


def valid_rows(rows: DataFrame, table: Table) -> DataFrame:
    """The events among the rows of `to_rows`, with the columns of one table."""
    # As text: PySpark looks every function of its own up in all jars, in each batch again.
    return rows.where(f"{DEAD_LETTER} IS NULL").drop(MESSAGE_KEY, DEAD_LETTER, *_other_periods(table))


def table_rows(rows: DataFrame, table: Table) -> DataFrame:
    """Rows of `event_rows` with the columns of one table."""
    return rows.drop(*_other_periods(table))


def _other_periods(table: Table) -> set[str]:
    return {"year", "month"} - {table.period}


def _named(columns: Mapping[str, Column]) -> list[Column]:
    return [column.alias(name) for name, column in columns.items()]
