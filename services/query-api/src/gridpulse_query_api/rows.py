"""Rows of the store, and how the driver's bytes become them.

The driver decodes a result cell by cell into Python objects, which is most of the cost of a wide read (see
docs/decisions/query-api-hot-path.md). Here a result stays bytes until its rows are made, and every number of a row is
read in one step: the columns of fixed width come first in each SELECT, so their cells lie at fixed places.
Layout of a cell: length as int32 (negative for null), then its bytes (native protocol specification, section 4.2.5.2).
"""

import math
import re
import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

__all__ = ["Page", "Row", "RowDecoder", "read_texts"]

_INT32: Final = struct.Struct(">i")
_INT64: Final = struct.Struct(">q")
_DOUBLE: Final = struct.Struct(">d")
_FIXED_WIDTH: Final = 8
_EMPTY_COLLECTION: Final = _INT32.pack(0)
_FEWEST_ROWS_TO_LEARN_FROM: Final = 24  # learning a layout takes as long as reading that many rows
_MAX_LAYOUTS: Final = 4  # rows are measured or estimated, flagged or not


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
    composed_of: tuple[str, ...] = ()
    """What it was put together from where the source has no such row; empty where the source said it."""


class RowDecoder:
    """Makes rows of results whose columns are at, updated_at, the numbers, kind, estimation_method and quality, then,
    with `has_exchanges`, import_mw and export_mw."""

    def __init__(self, number_count: int, *, has_exchanges: bool) -> None:
        self._number_count = number_count
        self._has_exchanges = has_exchanges
        self._fixed = struct.Struct(_fixed_format(number_count))
        self._fixed_lengths = (_FIXED_WIDTH,) * (2 + number_count)

    def decode(self, page: Page) -> list[Row]:
        """The page's rows in order."""
        cells, position = page.cells, 0
        layouts: list[_Layout] = []
        rows: list[Row] = []
        for _ in range(page.row_count):
            row: Row | None = None
            for layout in layouts:
                row = layout.read(cells, position)
                if row is not None:
                    position += layout.size
                    break
            if row is None:
                start = position
                row, position = self._read(cells, start)
                if page.row_count >= _FEWEST_ROWS_TO_LEARN_FROM and len(layouts) < _MAX_LAYOUTS:
                    layout = _Layout(row, cells, start, has_exchanges=self._has_exchanges)
                    if layout.size == position - start:  # else some cell is null, which is rare
                        layouts.append(layout)
            rows.append(row)
        return rows

    def _read(self, cells: bytes, position: int) -> tuple[Row, int]:
        """The row at this position, cell by cell, and where the next one starts."""
        at_ms, updated_at_ms, numbers, position = self._read_fixed(cells, position)
        kind, position = _read_cell(cells, position)
        method, position = _read_cell(cells, position)
        quality, position = _read_cell(cells, position)
        import_mw = export_mw = b""
        if self._has_exchanges:
            import_mw, position = _read_cell(cells, position)
            export_mw, position = _read_cell(cells, position)
        row = Row(
            at_ms,
            updated_at_ms,
            numbers,
            kind.decode(),
            method.decode(),
            read_texts(quality),
            _read_numbers(import_mw),
            _read_numbers(export_mw),
        )
        return row, position

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


class _Layout:
    """Where everything lies in one row's bytes. The next row mostly differs from it in nothing but times and numbers:
    then it is read in one step, and all else (lengths, texts, neighbours) is known already."""

    def __init__(self, like: Row, cells: bytes, position: int, *, has_exchanges: bool) -> None:
        """Learn from the row at this position, which reads as `like` and has no null cell."""
        count = len(like.numbers)
        self._like = like
        self._numbers = slice(2, 2 + count)
        self._imports = slice(2 + count, 2 + count + len(like.import_mw))
        self._exports = slice(2 + count + len(like.import_mw), None)
        # How many bytes lie between one time or number and the next, which is all that may differ.
        gaps = [4] * (2 + count)
        gap = sum(4 + len(text.encode()) for text in (like.kind, like.estimation_method))
        gap += 4 + _length_of_texts(like.quality)
        for exchange in (like.import_mw, like.export_mw) if has_exchanges else ():
            gap += 8
            for name in exchange:
                gaps.append(gap + 8 + len(name.encode()))
                gap = 0
        codes = "qq" + "d" * (len(gaps) - 2)
        fields = "".join(f"{width}x{code}" for width, code in zip(gaps, codes, strict=True))
        self._struct = struct.Struct(f">{fields}{gap}x")
        self.size = self._struct.size
        frame: list[bytes] = []
        for width in gaps:
            frame += [re.escape(cells[position : position + width]), b".{8}"]
            position += width + _FIXED_WIDTH
        frame.append(re.escape(cells[position : position + gap]))
        self._frame = re.compile(b"".join(frame), re.DOTALL)

    def read(self, cells: bytes, position: int) -> Row | None:
        """The row at this position; None where it is of another layout."""
        if self._frame.match(cells, position) is None:
            return None
        values = self._struct.unpack_from(cells, position)
        _, _, _, kind, method, quality, import_mw, export_mw, _ = self._like
        return Row(
            values[0],
            values[1],
            values[self._numbers],
            kind,
            method,
            quality,
            dict(zip(import_mw, values[self._imports], strict=False)),
            dict(zip(export_mw, values[self._exports], strict=False)),
        )


def _fixed_format(number_count: int) -> str:
    return ">" + "iq" * 2 + "id" * number_count


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
    for _ in range(count):  # without _read_cell, whose calls made it half as slow again
        (length,) = _INT32.unpack_from(cell, position)
        start, end = position + 4, position + 4 + length
        numbers[cell[start:end].decode()] = _DOUBLE.unpack_from(cell, end + 4)[0]
        position = end + 4 + _FIXED_WIDTH
    return numbers


def read_texts(cell: bytes) -> tuple[str, ...]:
    """The members of a set of texts; none for a null cell."""
    if not cell or cell == _EMPTY_COLLECTION:
        return ()
    (count,) = _INT32.unpack_from(cell)
    position = 4
    texts: list[str] = []
    for _ in range(count):
        text, position = _read_cell(cell, position)
        texts.append(text.decode())
    return tuple(texts)


def _length_of_texts(texts: tuple[str, ...]) -> int:
    return 4 + sum(4 + len(text.encode()) for text in texts)
