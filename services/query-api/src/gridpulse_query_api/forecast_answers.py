"""A best window as a document (JSON) and a table (CSV, Arrow)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from gridpulse_query_api.best_window import BestWindow
from gridpulse_query_api.durations import as_duration
from gridpulse_query_api.instants import as_utc, to_ms
from gridpulse_query_api.tables import Column, ColumnType

__all__ = ["best_window_columns", "best_window_document"]


def best_window_document(duration: timedelta, found: BestWindow) -> dict[str, Any]:
    """The window, and what it is compared with."""
    return {
        "duration": as_duration(duration),
        "start": as_utc(found.window.start_ms),
        "end": as_utc(found.window.end_ms),
        "mean_gco2eq_per_kwh": found.mean,
        "soonest_mean_gco2eq_per_kwh": found.soonest_mean,
        "saved_percent": found.saved_percent,
        "span_start": as_utc(found.span.start_ms),
        "span_end": as_utc(found.span.end_ms),
        "span_mean_gco2eq_per_kwh": found.span_mean,
    }


def best_window_columns(issued_at_ms: int, document: Mapping[str, Any]) -> Iterator[Column]:
    """The same as one row."""
    yield Column("issued_at", ColumnType.INSTANT, [issued_at_ms])
    for name, value in document.items():
        if isinstance(value, datetime):
            yield Column(name, ColumnType.INSTANT, [to_ms(value)])
        else:
            yield Column(name, ColumnType.TEXT if isinstance(value, str) else ColumnType.NUMBER, [value])
