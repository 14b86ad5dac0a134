"""Carbon intensity as documents (JSON) and tables (CSV, Arrow)."""

from collections.abc import Iterator, Sequence
from typing import Any

from gridpulse_query_api.documents import bucket_columns, bucket_document, row_columns, row_document
from gridpulse_query_api.rollup import Aggregate, FilledBucket
from gridpulse_query_api.rows import Row
from gridpulse_query_api.series import CARBON_COLUMN
from gridpulse_query_api.tables import Column, ColumnType

__all__ = ["carbon_bucket", "carbon_bucket_columns", "carbon_row", "carbon_row_columns"]


def carbon_row(row: Row) -> dict[str, Any]:
    """One interval."""
    return {**row_document(row), CARBON_COLUMN: row.numbers[0]}


def carbon_row_columns(rows: Sequence[Row]) -> Iterator[Column]:
    """One row per interval."""
    yield from row_columns(rows)
    yield Column(CARBON_COLUMN, ColumnType.NUMBER, [row.numbers[0] for row in rows])


def carbon_bucket(bucket: FilledBucket) -> dict[str, Any]:
    """One hour, day or month: the mean over time (not weighted by consumption)."""
    intensity = _aggregate(bucket)
    return {
        **bucket_document(bucket),
        CARBON_COLUMN: intensity.mean,
        "coverage_percent_by_value": {CARBON_COLUMN: intensity.coverage_percent},
    }


def carbon_bucket_columns(buckets: Sequence[FilledBucket]) -> Iterator[Column]:
    """One row per bucket."""
    intensities = [_aggregate(bucket) for bucket in buckets]
    yield from bucket_columns(buckets)
    yield Column(CARBON_COLUMN, ColumnType.NUMBER, [member.mean for member in intensities])
    yield Column(f"{CARBON_COLUMN}_coverage_percent", ColumnType.NUMBER, [m.coverage_percent for m in intensities])


def _aggregate(bucket: FilledBucket) -> Aggregate:
    return bucket.aggregate([row.numbers[0] for row in bucket.rows])
