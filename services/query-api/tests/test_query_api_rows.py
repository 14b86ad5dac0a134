"""The decoder reads what the driver's own serializers write, nulls and changing maps included."""

import importlib
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_query_api.rows import Page, Row, RowDecoder

_types: Any = importlib.import_module("cassandra.cqltypes")
_MAP = _types.MapType.apply_parameters([_types.UTF8Type, _types.DoubleType])
_SET = _types.SetType.apply_parameters([_types.UTF8Type])
_PROTOCOL = 5

milliseconds = st.integers(-(2**53), 2**53)
doubles = st.floats(allow_nan=True)
names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
exchanges = st.dictionaries(names, doubles, max_size=5)


@st.composite
def results(draw: st.DrawFn) -> list[tuple[Row, list[bool]]]:
    """Rows of three numbers, and which of these are null in the store; neighbours change now and then."""
    maps = draw(st.lists(exchanges, min_size=1, max_size=2))
    count = draw(st.integers(0, 8))
    found: list[tuple[Row, list[bool]]] = []
    for _ in range(count):
        nulls = draw(st.lists(st.booleans(), min_size=3, max_size=3))
        row = Row(
            draw(milliseconds),
            draw(milliseconds),
            tuple(math.nan if null else draw(doubles) for null in nulls),
            draw(st.text(max_size=9)),
            draw(st.text(max_size=9)),
            tuple(sorted(draw(st.sets(names, max_size=2)))),
            {name: draw(doubles) for name in draw(st.sampled_from(maps))},
            {name: draw(doubles) for name in draw(st.sampled_from(maps))},
        )
        found.append((row, nulls))
    return found


def cell(value: bytes | None) -> bytes:
    return struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value


def encoded(row: Row, nulls: list[bool]) -> bytes:
    cells = [
        struct.pack(">q", row.at_ms),
        struct.pack(">q", row.updated_at_ms),
        *(None if null else struct.pack(">d", number) for number, null in zip(row.numbers, nulls, strict=True)),
        row.kind.encode(),
        row.estimation_method.encode(),
        _SET.serialize(row.quality, _PROTOCOL),
        _MAP.serialize(row.import_mw, _PROTOCOL),
        _MAP.serialize(row.export_mw, _PROTOCOL),
    ]
    return b"".join(map(cell, cells))


@pytest.mark.parametrize("fewest_rows", [0, 1000])  # layouts are learned from the first row on, or never
def test_every_row_is_read_as_it_was_written(fewest_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridpulse_query_api.rows._FEWEST_ROWS_TO_LEARN_FROM", fewest_rows)

    @given(results())
    def is_read_as_it_was_written(result: list[tuple[Row, list[bool]]]) -> None:
        page = Page(len(result), b"".join(encoded(row, nulls) for row, nulls in result))
        decoded = RowDecoder(3, has_exchanges=True).decode(page)
        assert [repr(row) for row in decoded] == [repr(row) for row, _ in result]  # repr: NaN differs from itself

    is_read_as_it_was_written()


def test_a_week_of_like_rows_with_one_odd_one() -> None:
    rows = [
        Row(hour, hour + 1, (float(hour), -0.0, math.nan), "measured", "", (), {"FR": float(hour)}, {})
        for hour in range(168)
    ]
    rows[100] = rows[100]._replace(kind="estimated", quality=("sign",), import_mw={"FR": 1.0, "PL": 2.0})
    page = Page(len(rows), b"".join(encoded(row, [False] * 3) for row in rows))
    assert [repr(row) for row in RowDecoder(3, has_exchanges=True).decode(page)] == [repr(row) for row in rows]


def test_null_collections_and_texts_are_empty() -> None:
    cells = b"".join(map(cell, [struct.pack(">q", 1), struct.pack(">q", 2), None, None, None, None, None, None]))
    (row,) = RowDecoder(1, has_exchanges=True).decode(Page(1, cells))
    assert (row.kind, row.estimation_method, row.quality, row.import_mw, row.export_mw) == ("", "", (), {}, {})
    assert math.isnan(row.numbers[0])
