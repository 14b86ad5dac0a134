"""Exchanges by neighbour as documents (JSON) and tables (CSV, Arrow): a view of the power breakdown's rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from gridpulse_query_api.derived import EXPORT_TOTAL, IMPORT_TOTAL, net_import_by_neighbour_mw, net_import_mw
from gridpulse_query_api.documents import bucket_document, composition, row_document
from gridpulse_query_api.instants import to_ms
from gridpulse_query_api.rollup import Aggregate, FilledBucket
from gridpulse_query_api.rows import Row
from gridpulse_query_api.tables import Column, ColumnType

__all__ = [
    "by_neighbour",
    "exchange_bucket",
    "exchange_row",
    "exchange_row_columns",
    "flow_bucket",
    "flow_bucket_columns",
    "flow_row",
    "flow_row_columns",
]

_EXCHANGES: Final[Mapping[str, Callable[[Row], Mapping[str, float]]]] = {
    "import_mw": lambda row: row.import_mw,
    "export_mw": lambda row: row.export_mw,
    "net_import_by_neighbour_mw": net_import_by_neighbour_mw,
}
_TOTALS: Final[Mapping[str, Callable[[Row], float]]] = {
    "import_total_mw": lambda row: row.numbers[IMPORT_TOTAL],
    "export_total_mw": lambda row: row.numbers[EXPORT_TOTAL],
    "net_import_mw": net_import_mw,
}


def by_neighbour(bucket: FilledBucket, exchange: Callable[[Row], Mapping[str, float]]) -> dict[str, Aggregate]:
    """Of each neighbour that any row names; a row that does not name it is one without that number."""
    maps = [exchange(row) for row in bucket.rows]
    names = sorted({name for numbers in maps for name in numbers})
    return {name: bucket.aggregate([numbers[name] for numbers in maps if name in numbers]) for name in names}


def exchange_row(row: Row) -> dict[str, Any]:
    """One interval, by neighbour alone."""
    return {**row_document(row), **{name: exchange(row) for name, exchange in _EXCHANGES.items()}}


def flow_row(row: Row) -> dict[str, Any]:
    """One interval."""
    return {
        **exchange_row(row),
        **{name: total(row) for name, total in _TOTALS.items()},
        **composition(row),
    }


def exchange_row_columns(rows: Sequence[Row]) -> Iterator[Column]:
    """One row per interval and neighbour."""
    flat = _by_interval_and_neighbour(rows)
    yield Column("at", ColumnType.INSTANT, [row.at_ms for row, _, _ in flat])
    yield Column("updated_at", ColumnType.INSTANT, [row.updated_at_ms for row, _, _ in flat])
    yield Column("kind", ColumnType.TEXT, [row.kind for row, _, _ in flat])
    yield Column("neighbour", ColumnType.TEXT, [neighbour for _, neighbour, _ in flat])
    yield Column("import_mw", ColumnType.NUMBER, [row.import_mw.get(neighbour) for row, neighbour, _ in flat])
    yield Column("export_mw", ColumnType.NUMBER, [row.export_mw.get(neighbour) for row, neighbour, _ in flat])
    yield Column("net_import_mw", ColumnType.NUMBER, [net_mw for _, _, net_mw in flat])


def flow_row_columns(rows: Sequence[Row]) -> Iterator[Column]:
    """The same with what each row was put together from."""
    yield from exchange_row_columns(rows)
    yield Column("composed_of", ColumnType.TEXTS, [row.composed_of for row, _, _ in _by_interval_and_neighbour(rows)])


def _by_interval_and_neighbour(rows: Sequence[Row]) -> list[tuple[Row, str, float]]:
    return [
        (row, neighbour, net_mw)
        for row in rows
        for neighbour, net_mw in sorted(net_import_by_neighbour_mw(row).items())
    ]


def exchange_bucket(bucket: FilledBucket) -> dict[str, Any]:
    """One hour, day or month, by neighbour alone: means in MW, energy in MWh, and how much of the time is covered."""
    document = bucket_document(bucket)
    coverage: dict[str, Any] = {}
    for name, exchange in _EXCHANGES.items():
        members = by_neighbour(bucket, exchange)
        document[name] = {neighbour: member.mean for neighbour, member in members.items()}
        document[f"{name}h"] = {neighbour: member.integral for neighbour, member in members.items()}
        coverage[name] = {neighbour: member.coverage_percent for neighbour, member in members.items()}
    document["coverage_percent_by_value"] = coverage
    return document


def flow_bucket(bucket: FilledBucket) -> dict[str, Any]:
    """The same with totals."""
    document = exchange_bucket(bucket)
    coverage: dict[str, Any] = document["coverage_percent_by_value"]
    for name, total in _TOTALS.items():
        member = bucket.aggregate(map(total, bucket.rows))
        document[name], document[f"{name}h"], coverage[name] = member.mean, member.integral, member.coverage_percent
    return document


def flow_bucket_columns(buckets: Sequence[FilledBucket]) -> Iterator[Column]:
    """One row per bucket and neighbour."""
    exchanges = {
        "import_mw": _EXCHANGES["import_mw"],
        "export_mw": _EXCHANGES["export_mw"],
        "net_import_mw": net_import_by_neighbour_mw,
    }
    flat: list[tuple[FilledBucket, str, Mapping[str, Aggregate | None]]] = []
    for bucket in buckets:
        members = {name: by_neighbour(bucket, exchange) for name, exchange in exchanges.items()}
        flat += [
            (bucket, neighbour, {name: found.get(neighbour) for name, found in members.items()})
            for neighbour in members["net_import_mw"]
        ]
    yield Column("at", ColumnType.INSTANT, [to_ms(bucket.start) for bucket, _, _ in flat])
    yield Column("end", ColumnType.INSTANT, [to_ms(bucket.end) for bucket, _, _ in flat])
    yield Column("kind", ColumnType.TEXT, [bucket.kind for bucket, _, _ in flat])
    yield Column("neighbour", ColumnType.TEXT, [neighbour for _, neighbour, _ in flat])
    for name in exchanges:
        column = [members[name] for _, _, members in flat]
        yield Column(name, ColumnType.NUMBER, [member and member.mean for member in column])
        yield Column(f"{name}h", ColumnType.NUMBER, [member and member.integral for member in column])
        coverage = [member and member.coverage_percent for member in column]
        yield Column(f"{name}_coverage_percent", ColumnType.NUMBER, coverage)
