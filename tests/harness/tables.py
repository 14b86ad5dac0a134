"""Whole Cassandra tables as plain values, with the write time of every cell."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, cast

from gridpulse_contract.models import CarbonIntensityForecastEvent, Event

__all__ = ["TABLES", "Cell", "Key", "places", "table_cells", "write_times"]

Key = tuple[object, ...]
"""A primary key, in the order of its columns."""

_REVISED: Final = ("power_breakdown", "carbon_intensity", "electricity_mix", "electricity_flows")
_FORECAST: Final = "carbon_intensity_forecast"
TABLES: Final = (*(name for table in _REVISED for name in (table, f"{table}_revisions")), _FORECAST)


class Cell(NamedTuple):
    """A value (NaN as the text "NaN", so that cells compare) and its write time in microseconds."""

    value: object
    write_time_us: int | None


def places(event: Event) -> dict[str, Key]:
    """Table -> primary key of the event's row, for its tables."""
    series = (event.zone, *([event.variant] if event.variant else []), event.granularity.value)
    if isinstance(event, CarbonIntensityForecastEvent):
        at, issued_at = event.at.replace(tzinfo=None), event.issued_at.replace(tzinfo=None)
        return {_FORECAST: (*series, issued_at.year * 100 + issued_at.month, issued_at, at)}
    table = event.signal.value.replace("-", "_")
    at, updated_at = event.at.replace(tzinfo=None), event.updated_at.replace(tzinfo=None)
    return {
        table: (*series, at.year, at),
        f"{table}_revisions": (*series, at.year * 100 + at.month, at, updated_at),
    }


def table_cells(session: Any, keyspace: str, table: str) -> dict[Key, dict[str, Cell]]:
    """Primary key -> column -> cell, for every row of the table."""
    key_names, names = _columns(session, keyspace, table)
    selected = [*key_names, *names, *(f"writetime({name})" for name in names)]
    rows: Any = session.execute(f"SELECT {', '.join(selected)} FROM {keyspace}.{table}")  # noqa: S608
    result: dict[Key, dict[str, Cell]] = {}
    for row in rows:
        fields: list[Any] = list(row)
        key, values = tuple(fields[: len(key_names)]), fields[len(key_names) :]
        result[key] = {
            name: Cell(_comparable(values[index]), values[len(names) + index]) for index, name in enumerate(names)
        }
    return result


def write_times(session: Any, keyspace: str, table: str) -> dict[Key, int]:
    """Primary key -> write time in microseconds of the row's `kind`, for every row of the table."""
    key_names, _ = _columns(session, keyspace, table)
    rows: Any = session.execute(f"SELECT {', '.join(key_names)}, writetime(kind) FROM {keyspace}.{table}")  # noqa: S608
    return {tuple(row)[:-1]: row[-1] for row in rows}


def _columns(session: Any, keyspace: str, table: str) -> tuple[list[str], list[str]]:
    """Names of the primary key's columns in their order, and of the others."""
    columns: list[Any] = list(
        session.execute(
            "SELECT column_name, kind, position FROM system_schema.columns "
            "WHERE keyspace_name = %s AND table_name = %s",
            (keyspace, table),
        )
    )
    order = {"partition_key": 0, "clustering": 1}
    keys = sorted((c for c in columns if c.kind in order), key=lambda c: (order[c.kind], c.position))
    others = sorted(column.column_name for column in columns if column.kind not in order)
    return [column.column_name for column in keys], others


def _comparable(value: object) -> object:
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value)
        return {key: _comparable(members[key]) for key in sorted(members)}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return sorted(cast("Iterable[str]", value))
    return value
