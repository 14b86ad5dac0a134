"""The subtables: analysts' questions, answered by BigQuery from its own tables.

Each `bigquery/*.sql` is one SELECT, as each of `spark/sql` is, and may read the tables and the other files by name.
Those that `bigquery/subtables.json` lists become tables, made anew by each run; the others are parts of them. `$start`
and `$end` in a file are the days that are asked for, written out, so that BigQuery reads their partitions only.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from string import Template
from typing import Any, Final

from gridpulse_spark.errors import ConfigurationError
from gridpulse_spark.warehouse.client import BigQuery

__all__ = ["Subtable", "Subtables"]

_log = logging.getLogger(__name__)
_COMMENT: Final = re.compile(r"--[^\n]*")


@dataclass(frozen=True)
class Subtable:
    """One table that is made of a question."""

    name: str
    description: str
    partition_by_month_of: str
    cluster_by: tuple[str, ...]


class Subtables:
    """The questions of a folder. Raises ConfigurationError where its files do not fit together."""

    def __init__(self, folder: Path) -> None:
        try:
            entries: dict[str, dict[str, Any]] = json.loads((folder / "subtables.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{folder / 'subtables.json'} can't be read: {error}") from None
        self._queries: Final = {
            path.stem: _COMMENT.sub("", path.read_text(encoding="utf-8")) for path in folder.glob("*.sql")
        }
        self._tables: Final = {
            name: Subtable(name, entry["description"], entry["partition_by_month_of"], tuple(entry["cluster_by"]))
            for name, entry in entries.items()
        }
        missing = sorted(self._tables.keys() - self._queries.keys())
        if missing:
            raise ConfigurationError(f"subtables.json lists {', '.join(missing)}, which {folder} has no .sql of.")
        self._needs: Final = {name: self._named_in(query) - {name} for name, query in self._queries.items()}
        self._order: Final = _ordered(self._needs)

    @property
    def names(self) -> tuple[str, ...]:
        """The subtables, each after those that it reads."""
        return tuple(name for name in self._order if name in self._tables)

    def statement(self, name: str, start: date, end: date) -> str:
        """Makes one subtable anew, of the days [start, end)."""
        table = self._tables[name]
        needed = set(self._parts_of(name))
        queries = {part: self._queries[part] for part in self._order if part in needed} | {name: self._queries[name]}
        parts = ",\n".join(f"{part} AS (\n{query.strip()}\n)" for part, query in queries.items())
        description = json.dumps(table.description)  # a string of GoogleSQL too
        statement = (
            f"CREATE OR REPLACE TABLE {name}\n"
            f"PARTITION BY DATE_TRUNC({table.partition_by_month_of}, MONTH)\n"
            f"CLUSTER BY {', '.join(table.cluster_by)}\n"
            f"OPTIONS (description = {description})\n"
            f"AS WITH\n{parts}\nSELECT * FROM {name}\n"
        )
        return Template(statement).substitute(start=start, end=end)

    def make(self, bigquery: BigQuery, *, start: date, end: date, run: str) -> Iterator[str]:
        """Make every subtable of the days [start, end); gives their names."""
        for name in self.names:
            bigquery.execute(f"gridpulse-{name}-{run}", self.statement(name, start, end))
            _log.info("the subtable %s is made", name)
            yield name

    def _named_in(self, query: str) -> set[str]:
        return set(re.findall(r"\w+", query)) & self._queries.keys()

    def _parts_of(self, name: str) -> Iterator[str]:
        for needed in self._needs[name]:
            if needed not in self._tables:
                yield needed
                yield from self._parts_of(needed)


def _ordered(needs: Mapping[str, set[str]]) -> tuple[str, ...]:
    try:
        return tuple(TopologicalSorter({name: sorted(needs[name]) for name in sorted(needs)}).static_order())
    except CycleError as error:
        raise ConfigurationError(f"The SQL files need one another in a circle: {' -> '.join(error.args[1])}.") from None
