"""Flat tables, for CSV and Arrow."""

import csv
import importlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from gridpulse_query_api.instants import as_text

__all__ = ["Column", "ColumnType", "Table"]

_arrow: Final[Any] = importlib.import_module("pyarrow")  # it has no type information


class ColumnType(Enum):
    """What a column holds; None and NaN are missing in each."""

    INSTANT = auto()
    """Milliseconds since the epoch."""
    NUMBER = auto()
    INTEGER = auto()
    TEXT = auto()
    TEXTS = auto()


_ARROW_TYPES: Final[Mapping[ColumnType, Any]] = {
    ColumnType.INSTANT: _arrow.timestamp("ms", tz="UTC"),
    ColumnType.NUMBER: _arrow.float64(),
    ColumnType.INTEGER: _arrow.int64(),
    ColumnType.TEXT: _arrow.string(),
    ColumnType.TEXTS: _arrow.list_(_arrow.string()),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A named column."""

    name: str
    type: ColumnType
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of one length. `metadata` goes into the Arrow schema."""

    columns: Sequence[Column]
    metadata: Mapping[str, str]

    def to_csv(self) -> bytes:
        """CSV (RFC 4180) with a header line: instants in ISO 8601, missing is empty, lists are joined by spaces."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow([column.name for column in self.columns])
        writer.writerows(zip(*map(_csv_cells, self.columns), strict=True))
        return text.getvalue().encode()

    def to_arrow(self) -> bytes:
        """An Arrow IPC stream; missing is null."""
        schema = _arrow.schema(
            [_arrow.field(column.name, _ARROW_TYPES[column.type]) for column in self.columns],
            metadata=dict(self.metadata),
        )
        arrays = [
            _arrow.array([_or_none(value) for value in column.values], type=_ARROW_TYPES[column.type])
            for column in self.columns
        ]
        sink = _arrow.BufferOutputStream()
        with _arrow.ipc.new_stream(sink, schema) as writer:
            writer.write_table(_arrow.Table.from_arrays(arrays, schema=schema))
        return bytes(sink.getvalue())


def _csv_cells(column: Column) -> list[Any]:
    values = [_or_none(value) for value in column.values]
    match column.type:
        case ColumnType.INSTANT:
            return [None if value is None else as_text(value) for value in values]
        case ColumnType.TEXTS:
            return [None if value is None else " ".join(value) for value in values]
        case _:
            return values


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
