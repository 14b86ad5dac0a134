"""The electricity mix, as the source has it, as documents (JSON) and tables (CSV, Arrow)."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from gridpulse_contract.columns import MIX_NUMBER_COLUMNS
from gridpulse_contract.modes import MODES
from gridpulse_query_api.documents import bucket_columns, bucket_document, row_columns, row_document
from gridpulse_query_api.rollup import Aggregate, FilledBucket
from gridpulse_query_api.rows import Row
from gridpulse_query_api.tables import Column, ColumnType

__all__ = ["mix_bucket", "mix_bucket_columns", "mix_row", "mix_row_columns"]

_TOTALS: Final = MIX_NUMBER_COLUMNS[len(MODES) :]


def mix_row(row: Row) -> dict[str, Any]:
    """One interval."""
    by_mode, totals = row.numbers[: len(MODES)], row.numbers[len(MODES) :]
    return {
        **row_document(row),
        "mix_mw": dict(zip(MODES, by_mode, strict=True)),
        **dict(zip(_TOTALS, totals, strict=True)),
    }


def mix_row_columns(rows: Sequence[Row]) -> Iterator[Column]:
    """One row per interval."""
    yield from row_columns(rows)
    for index, name in enumerate(MIX_NUMBER_COLUMNS):
        yield Column(name, ColumnType.NUMBER, [row.numbers[index] for row in rows])


def mix_bucket(bucket: FilledBucket) -> dict[str, Any]:
    """One hour, day or month: means in MW, energy in MWh, and how much of the time each number covers."""
    numbers = _numbers(bucket)
    by_mode = dict(zip(MODES, numbers, strict=False))
    totals = dict(zip(_TOTALS, numbers[len(MODES) :], strict=True))
    return {
        **bucket_document(bucket),
        "mix_mw": {mode: number.mean for mode, number in by_mode.items()},
        "mix_mwh": {mode: number.integral for mode, number in by_mode.items()},
        **{name: number.mean for name, number in totals.items()},
        **{f"{name}h": number.integral for name, number in totals.items()},
        "coverage_percent_by_value": {
            "mix_mw": {mode: number.coverage_percent for mode, number in by_mode.items()},
            **{name: number.coverage_percent for name, number in totals.items()},
        },
    }


def mix_bucket_columns(buckets: Sequence[FilledBucket]) -> Iterator[Column]:
    """One row per bucket; of each number its mean, its energy and its coverage."""
    yield from bucket_columns(buckets)
    by_bucket = [_numbers(bucket) for bucket in buckets]
    for index, name in enumerate(MIX_NUMBER_COLUMNS):
        column = [numbers[index] for numbers in by_bucket]
        yield Column(name, ColumnType.NUMBER, [number.mean for number in column])
        yield Column(f"{name}h", ColumnType.NUMBER, [number.integral for number in column])
        yield Column(f"{name}_coverage_percent", ColumnType.NUMBER, [number.coverage_percent for number in column])


def _numbers(bucket: FilledBucket) -> list[Aggregate]:
    return [bucket.aggregate(row.numbers[index] for row in bucket.rows) for index in range(len(MIX_NUMBER_COLUMNS))]
