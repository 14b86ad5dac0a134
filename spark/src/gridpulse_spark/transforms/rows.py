"""From events to the rows of the stores: flat, typed, and without a null anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.columns import consumption_column, production_column
from gridpulse_contract.models import EVENT_MODELS, Signal
from gridpulse_contract.modes import MODES
from gridpulse_spark.transforms.dead_letters import dead_letter
from gridpulse_spark.transforms.messages import first_problem, read_messages, write_timestamp_us
from gridpulse_spark.transforms.quality import quality_flags

__all__ = [
    "DEAD_LETTER",
    "MESSAGE_KEY",
    "TABLES",
    "WRITE_TIMESTAMP_US",
    "Tables",
    "event_rows",
    "table_rows",
    "to_rows",
    "valid_rows",
]

WRITE_TIMESTAMP_US: Final = "write_timestamp_us"
MESSAGE_KEY: Final = "message_key"
DEAD_LETTER: Final = "dead_letter"


@dataclass(frozen=True)
class Tables:
    """The two Cassandra tables of a signal."""

    current: str
    revisions: str


TABLES: Final = {
    Signal.POWER_BREAKDOWN: Tables("power_breakdown", "power_breakdown_revisions"),
    Signal.CARBON_INTENSITY: Tables("carbon_intensity", "carbon_intensity_revisions"),
}


def to_rows(messages: DataFrame, signal: Signal) -> DataFrame:
    """Rows of Kafka's source (with headers) as rows of the signal's tables, with what becomes of the others.

    Every message gives one row: either `dead_letter` is null and every column of both tables is there (missing numbers
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
    """Every column of both tables, by name, and `write_timestamp_us`, of an event with its times and id beside it."""
    model, at, updated_at = EVENT_MODELS[signal], F.col("at"), F.col("updated_at")
    return {
        "zone": event["zone"],
        "granularity": event["granularity"],
        "year": F.year(at),
        "month": F.year(at) * 100 + F.month(at),
        "at": at,
        "updated_at": updated_at,
        **_VALUES[signal](event),
        "kind": event["kind"],
        "estimation_method": F.coalesce(event["estimation_method"], F.lit("")),
        "quality": quality_flags(model, event, at, updated_at),
        WRITE_TIMESTAMP_US: write_timestamp_us(updated_at, F.col("event_id")),
    }


def valid_rows(rows: DataFrame, period: str) -> DataFrame:
    """The events among the rows of `to_rows`, with the columns of one table: `period` is its `year` or `month`."""
    # As text: PySpark looks every function of its own up in all jars, in each batch again.
    return rows.where(f"{DEAD_LETTER} IS NULL").drop(MESSAGE_KEY, DEAD_LETTER, *_other_periods(period))


def table_rows(rows: DataFrame, period: str) -> DataFrame:
    """Rows of `event_rows` with the columns of one table: `period` is its `year` or `month`."""
    return rows.drop(*_other_periods(period))


def _other_periods(period: str) -> set[str]:
    return {"year", "month"} - {period}


def _named(columns: Mapping[str, Column]) -> list[Column]:
    return [column.alias(name) for name, column in columns.items()]


def _power_values(event: Column) -> dict[str, Column]:
    totals = ("production_total_mw", "consumption_total_mw", "import_total_mw", "export_total_mw")
    percentages = ("renewable_percent", "fossil_free_percent")
    return {
        **{consumption_column(mode): _or_nan(event["consumption_mw"][mode]) for mode in MODES},
        **{production_column(mode): _or_nan(event["production_mw"][mode]) for mode in MODES},
        **{name: _or_nan(event[name]) for name in (*totals, *percentages)},
        **{name: _exchange(event[name]) for name in ("import_mw", "export_mw")},
    }


def _carbon_intensity_values(event: Column) -> dict[str, Column]:
    name = "carbon_intensity_gco2eq_per_kwh"
    return {"variant": event["variant"], name: _or_nan(event[name])}


_VALUES: Final = {Signal.POWER_BREAKDOWN: _power_values, Signal.CARBON_INTENSITY: _carbon_intensity_values}


def _or_nan(number: Column) -> Column:
    return F.coalesce(number, F.lit(float("nan")))


def _value_or_nan(_key: Column, number: Column) -> Column:
    return _or_nan(number)


def _exchange(power_by_neighbour: Column) -> Column:
    empty = F.create_map().cast("map<string,double>")
    return F.coalesce(F.transform_values(power_by_neighbour, _value_or_nan), empty)
