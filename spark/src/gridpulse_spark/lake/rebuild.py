"""The lake into Cassandra: what was archived, through the same transforms as the stream's, into a keyspace of choice.

A changed layout, or a better parser, is a new keyspace that is filled from the lake and switched to; nothing is ever
rewritten in place, where equal write times would mix old and new cell by cell.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.models import EVENT_MODELS, Signal
from gridpulse_spark.errors import LakeError
from gridpulse_spark.java import java_errors
from gridpulse_spark.lake.keeping import keep
from gridpulse_spark.lake.manifest import Manifest
from gridpulse_spark.lake.reader import Lake
from gridpulse_spark.lake.renormalise import renormalised
from gridpulse_spark.sinks import write_table
from gridpulse_spark.transforms.lake import event_of
from gridpulse_spark.transforms.rows import event_rows, table_rows
from gridpulse_spark.transforms.signals import TRANSFORMS

__all__ = ["DayRebuilt", "rebuild"]

_log = logging.getLogger(__name__)
_REASONS_LOGGED: Final = 10


@dataclass(frozen=True)
class DayRebuilt:
    """What one day of append time gave: events written, and rows that the present parser refused."""

    signal: Signal
    date: str
    events: int
    refused: int


def rebuild(session: SparkSession, lake: Lake, keyspace: str, *, from_raw: bool) -> Iterator[DayRebuilt]:
    """Write every archived event into `keyspace`, which must have the tables; a day of append time after the other.

    With `from_raw` the source's own rows are normalised again by this program's parser; without, the events are taken
    as they were archived. Writing again changes nothing, so an interrupted rebuild is simply run again. Raises
    LakeError for a lake that can't be read; it names the file.
    """
    for signal in TRANSFORMS:
        manifests = lake.manifests(signal.value)
        days = groupby(manifests, key=lambda manifest: f"{manifest.hour:%Y-%m-%d}")
        for date, hours in days:
            started = time.monotonic()
            day = _rebuild_day(session, lake, keyspace, signal, date, list(hours), from_raw=from_raw)
            _log.info(
                "%s %s: %d events, %d refused, in %.1f s",
                signal, date, day.events, day.refused, time.monotonic() - started,
            )  # fmt: skip
            yield day


def _rebuild_day(
    session: SparkSession,
    lake: Lake,
    keyspace: str,
    signal: Signal,
    date: str,
    hours: list[Manifest],
    *,
    from_raw: bool,
) -> DayRebuilt:
    has_no_problem = F.col("problem").isNull()
    archived = lake.rows(signal.value, hours).where(has_no_problem)
    if from_raw:
        archived = keep(renormalised(session, archived, signal))
    rows = keep(event_rows(archived.where(has_no_problem), signal, event_of(EVENT_MODELS[signal])))
    try:
        with java_errors(LakeError, f"The {signal} of {date} could not be rebuilt"):
            events = rows.count()
            refused = archived.where(~has_no_problem).select("value").collect() if from_raw else []
            for table in TRANSFORMS[signal].tables:
                write_table(table_rows(rows, table), keyspace, table.name)
    finally:
        rows.unpersist()
        archived.unpersist()
    for reason, count in Counter(bytes(row.value).decode() for row in refused).most_common(_REASONS_LOGGED):
        _log.warning("%s %s: %d rows refused: %s", signal, date, count, reason)
    return DayRebuilt(signal, date, events, len(refused))
