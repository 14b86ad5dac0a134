"""Cells of a result, for reads that are small enough to be read one by one (`gridpulse_query_api.rows` has the others).

Layout of a cell: length as int32 (negative for null), then its bytes; a date counts days from 2**31 on, which is
1970-01-01 (native protocol specification, sections 4.2.5.2 and 6.5).
"""

import math
import struct
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from gridpulse_query_api.rows import Page, read_texts

__all__ = ["as_day", "as_double", "as_int", "as_milliseconds", "as_texts", "cells_of"]

_INT32: Final = struct.Struct(">i")
_UINT32: Final = struct.Struct(">I")
_INT64: Final = struct.Struct(">q")
_DOUBLE: Final = struct.Struct(">d")
_EPOCH: Final = date(1970, 1, 1)
_EPOCH_DAY: Final = 2**31


def cells_of(page: Page, columns: int) -> Iterator[tuple[bytes, ...]]:
    """The cells of each row of the page; a null cell is empty."""
    cells, position = page.cells, 0
    for _ in range(page.row_count):
        row: list[bytes] = []
        for _ in range(columns):
            (length,) = _INT32.unpack_from(cells, position)
            start, position = position + 4, position + 4 + max(length, 0)
            row.append(cells[start:position])
        yield tuple(row)


def as_day(cell: bytes) -> date:
    """Of a date."""
    return _EPOCH + timedelta(days=_UINT32.unpack(cell)[0] - _EPOCH_DAY)


def as_double(cell: bytes) -> float:
    """Of a double; NaN for null."""
    return _DOUBLE.unpack(cell)[0] if cell else math.nan


def as_int(cell: bytes) -> int:
    """Of an int."""
    return _INT32.unpack(cell)[0]


def as_milliseconds(cell: bytes) -> int:
    """Of a timestamp."""
    return _INT64.unpack(cell)[0]


def as_texts(cell: bytes) -> tuple[str, ...]:
    """Of a set of texts; none for null."""
    return read_texts(cell)
