"""The subtables: each of `bigquery/*.sql` makes one, named like its file, anew from the tables."""

import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from gridpulse_spark.errors import ConfigurationError
from gridpulse_spark.warehouse.client import BigQuery

__all__ = ["make_subtables", "subtable_files"]

_log = logging.getLogger(__name__)


def subtable_files(folder: Path) -> Sequence[Path]:
    """The SQL files in the order of their names. Raises ConfigurationError when there is none."""
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise ConfigurationError(f"There is no SQL file in {folder}.")
    return files


def make_subtables(bigquery: BigQuery, folder: Path, *, start: date, end: date, run: str) -> Sequence[str]:
    """Make every subtable of the days [start, end); returns their names. The files get the days as @start and @end."""
    parameters = {"start": _midnight(start), "end": _midnight(end)}
    names: list[str] = []
    for path in subtable_files(folder):
        bigquery.execute(f"gridpulse-{path.stem}-{run}", path.read_text(encoding="utf-8"), parameters)
        names.append(path.stem)
        _log.info("the subtable %s is made", path.stem)
    return names


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
