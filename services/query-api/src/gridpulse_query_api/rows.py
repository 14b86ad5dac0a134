"""Rows of the store, and how the driver's bytes become them.

The driver decodes a result cell by cell into Python objects, which is most of the cost of a wide read (see
docs/decisions/query-api-hot-path.md). Here a result stays bytes until its rows are made, and every number of a row is
read in one step: the columns of fixed width come first in each SELECT, so their cells lie at fixed places.
Layout of a cell: length as int32 (negative for null), then its bytes (native protocol specification, section 4.2.5.2).
"""

import math
import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

__all__ = ["Page", "Row", "RowDecoder"]

_INT32: Final = struct.Struct(">i")
_INT64: Final = struct.Struct(">q")
_DOUBLE: Final = struct.Struct(">d")
_FIXED_WIDTH: Final = 8
_EMPTY_COLLECTION: Final = _INT32.pack(0)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a result, as the server sent it."""

    row_count: int
    cells: bytes


class Row(NamedTuple):
    """What the source said about one interval; NaN is a missing number."""

    at_ms: int
    updated_at_ms: int
    numbers: tuple[float, ...]
    """In the order of the signal's number columns."""
    kind: str
    estimation_method: str
    quality: tuple[str, ...]
    import_mw: dict[str, float]
    """By neighbour; empty for signals without exchanges."""
    export_mw: dict[str, float]


class RowDecoder:
    """Makes rows of results whose columns are at, updated_at, the numbers, kind, estimation_method and quality, then,
    with `has_exchanges`, import_mw and export_mw."""

    def __init__(self, number_count: int, *, has_exchanges: bool) -> None:
        self._number_count = number_count
        self._has_exchanges = has_exchanges
        self._fixed = struct.Struct(">" + "iq" * 2 + "id" * number_count)
        self._fixed_lengths = (_FIXED_WIDTH,) * (2 + number_count)

    def decode(self, page: Page) -> list[Row]:
        """The page's rows in order."""
        cells, position = page.cells, 0
        imports, exports = _MapReader(), _MapReader()
        rows: list[Row] = []
        for _ in range(page.row_count):
            at_ms, updated_at_ms, numbers, position = self._read_fixed(cells, position)
            kind, position = _read_cell(cells, position)
            method, position = _read_cell(cells, position)
            quality, position = _read_cell(cells, position)
            import_mw: dict[str, float] = {}
            export_mw: dict[str, float] = {}
            if self._has_exchanges:
                cell, position = _read_cell(cells, position)
                import_mw = imports.read(cell)
                cell, position = _read_cell(cells, position)
                export_mw = exports.read(cell)
            texts = _read_texts(quality)
            rows.append(Row(at_ms, updated_at_ms, numbers, kind.decode(), method.decode(), texts, import_mw, export_mw))
        return rows

    def _read_fixed(self, cells: bytes, position: int) -> tuple[int, int, tuple[float, ...], int]:
        # Where a cell is null all that follows it lies elsewhere, but its own length is where it is expected.
        if len(cells) - position >= self._fixed.size:
            values = self._fixed.unpack_from(cells, position)
            if values[::2] == self._fixed_lengths:
                return values[1], values[3], values[5::2], position + self._fixed.size
        at, position = _read_cell(cells, position)
        updated_at, position = _read_cell(cells, position)
        numbers: list[float] = []
        for _ in range(self._number_count):  # a column that was added later is null in older rows
            number, position = _read_cell(cells, position)
            numbers.append(_DOUBLE.unpack(number)[0] if number else math.nan)
        return _INT64.unpack(at)[0], _INT64.unpack(updated_at)[0], tuple(numbers), position


class _MapReader:
    """Reads map<text, double> cells, and the next one in a single step while it names the same keys as the last."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._layout = _INT32
        self._frame: tuple[object, ...] = (0,)

    def read(self, cell: bytes) -> dict[str, float]:
        if cell == _EMPTY_COLLECTION:
            return {}
        if len(cell) == self._layout.size:
            values = self._layout.unpack(cell)
            if (values[0], *values[1::4], *values[2::4], *values[3::4]) == self._frame:
                return dict(zip(self._names, values[4::4], strict=True))
        numbers = _read_numbers(cell)
        if (names := tuple(numbers)) == self._names:
            self._learn(names)
        else:
            self._names, self._layout, self._frame = names, _INT32, (0,)
        return numbers

    def _learn(self, names: tuple[str, ...]) -> None:
        keys = [name.encode() for name in names]
        self._layout = struct.Struct(">i" + "".join(f"i{len(key)}sid" for key in keys))
        self._frame = (len(keys), *map(len, keys), *keys, *(_FIXED_WIDTH,) * len(keys))


def _read_cell(cells: bytes, position: int) -> tuple[bytes, int]:
    """A cell's bytes and where the next starts; a null cell has none."""
    (length,) = _INT32.unpack_from(cells, position)
    position += 4
    if length <= 0:
        return b"", position
    return cells[position : position + length], position + length


def _read_numbers(cell: bytes) -> dict[str, float]:
    numbers: dict[str, float] = {}
    if not cell:
        return numbers
    (count,) = _INT32.unpack_from(cell)
    position = 4
    for _ in range(count):
        name, position = _read_cell(cell, position)
        number, position = _read_cell(cell, position)
        numbers[name.decode()] = _DOUBLE.unpack(number)[0]
    return numbers


def _read_texts(cell: bytes) -> tuple[str, ...]:
    if not cell or cell == _EMPTY_COLLECTION:
        return ()
    (count,) = _INT32.unpack_from(cell)
    position = 4
    texts: list[str] = []
    for _ in range(count):
        text, position = _read_cell(cell, position)
        texts.append(text.decode())
    return tuple(texts)
