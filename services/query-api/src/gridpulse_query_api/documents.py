"""What the rows and the buckets of every signal have in common."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gridpulse_query_api.instants import as_utc, to_ms
from gridpulse_query_api.rollup import FilledBucket
from gridpulse_query_api.rows import Row
from gridpulse_query_api.tables import Column, ColumnType

__all__ = ["bucket_columns", "bucket_document", "composition", "row_columns", "row_document", "with_zone"]


def row_document(row: Row) -> dict[str, Any]:
    """When, and what kind of value."""
    return {
        "at": as_utc(row.at_ms),
        "updated_at": as_utc(row.updated_at_ms),
        "kind": row.kind,
        "estimation_method": row.estimation_method or None,
        "quality": row.quality,
    }


def composition(row: Row) -> dict[str, Any]:
    """What a row was put together from; no member where the source said the row itself."""
    return {"composed_of": row.composed_of} if row.composed_of else {}


def row_columns(rows: Sequence[Row]) -> Iterator[Column]:
    """The same as columns."""
    yield Column("at", ColumnType.INSTANT, [row.at_ms for row in rows])
    yield Column("updated_at", ColumnType.INSTANT, [row.updated_at_ms for row in rows])
    yield Column("kind", ColumnType.TEXT, [row.kind for row in rows])
    yield Column("estimation_method", ColumnType.TEXT, [row.estimation_method or None for row in rows])
    yield Column("quality", ColumnType.TEXTS, [row.quality for row in rows])


def bucket_document(bucket: FilledBucket) -> dict[str, Any]:
    """From when to when, how many rows, and what kind of values."""
    updated_at_ms = bucket.updated_at_ms
    return {
        "at": bucket.start,
        "end": bucket.end,
        "updated_at": None if updated_at_ms is None else as_utc(updated_at_ms),
        "kind": bucket.kind,
        "measured_percent": bucket.measured_percent,
        "rows": len(bucket.rows),
        "expected_rows": bucket.expected_rows,
        "coverage_percent": bucket.coverage_percent,
    }


def bucket_columns(buckets: Sequence[FilledBucket]) -> Iterator[Column]:
    """The same as columns."""
    yield Column("at", ColumnType.INSTANT, [to_ms(bucket.start) for bucket in buckets])
    yield Column("end", ColumnType.INSTANT, [to_ms(bucket.end) for bucket in buckets])
    yield Column("updated_at", ColumnType.INSTANT, [bucket.updated_at_ms for bucket in buckets])
    yield Column("kind", ColumnType.TEXT, [bucket.kind for bucket in buckets])
    yield Column("measured_percent", ColumnType.NUMBER, [bucket.measured_percent for bucket in buckets])
    yield Column("rows", ColumnType.INTEGER, [len(bucket.rows) for bucket in buckets])
    yield Column("expected_rows", ColumnType.INTEGER, [bucket.expected_rows for bucket in buckets])
    yield Column("coverage_percent", ColumnType.NUMBER, [bucket.coverage_percent for bucket in buckets])


def with_zone(key: str, columns: Iterable[Column]) -> Iterator[Column]:
    """The columns of one zone's table behind its key, so that tables of several zones can be put together."""
    of_rows = list(columns)
    yield Column("zone", ColumnType.TEXT, [key] * len(of_rows[0].values))
    yield from of_rows
