"""The power breakdown as documents (JSON) and tables (CSV, Arrow)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_contract.modes import MODES
from gridpulse_query_api.derived import (
    CONSUMPTION,
    CONSUMPTION_TOTAL,
    EXPORT_TOTAL,
    FOSSIL_FREE_PERCENT,
    IMPORT_TOTAL,
    PRODUCTION,
    PRODUCTION_TOTAL,
    RENEWABLE_PERCENT,
    balance_mw,
    net_import_mw,
    shares_percent,
)
from gridpulse_query_api.documents import bucket_columns, bucket_document, composition, row_columns, row_document
from gridpulse_query_api.flows import by_neighbour
from gridpulse_query_api.rollup import Aggregate, FilledBucket
from gridpulse_query_api.rows import Row
from gridpulse_query_api.tables import Column, ColumnType

__all__ = ["power_bucket", "power_bucket_columns", "power_row", "power_row_columns", "with_shares"]

_TOTALS: Final[Mapping[str, int]] = {
    "production_total_mw": PRODUCTION_TOTAL,
    "consumption_total_mw": CONSUMPTION_TOTAL,
    "import_total_mw": IMPORT_TOTAL,
    "export_total_mw": EXPORT_TOTAL,
}
_PERCENTAGES: Final[Mapping[str, int]] = {
    "renewable_percent": RENEWABLE_PERCENT,
    "fossil_free_percent": FOSSIL_FREE_PERCENT,
}


def power_row(row: Row) -> dict[str, Any]:
    """One interval."""
    numbers = row.numbers
    return {
        **row_document(row),
        "production_mw": dict(zip(MODES, numbers[PRODUCTION], strict=True)),
        "consumption_mw": dict(zip(MODES, numbers[CONSUMPTION], strict=True)),
        "production_total_mw": numbers[PRODUCTION_TOTAL],
        "consumption_total_mw": numbers[CONSUMPTION_TOTAL],
        "import_total_mw": numbers[IMPORT_TOTAL],
        "export_total_mw": numbers[EXPORT_TOTAL],
        "net_import_mw": net_import_mw(row),
        "balance_mw": balance_mw(row),
        "renewable_percent": numbers[RENEWABLE_PERCENT],
        "fossil_free_percent": numbers[FOSSIL_FREE_PERCENT],
        "import_mw": row.import_mw,
        "export_mw": row.export_mw,
        **composition(row),
    }


def with_shares(row: Row) -> dict[str, Any]:
    """One interval with the share of each mode."""
    return {
        **power_row(row),
        "production_share_percent": shares_percent(row.numbers[PRODUCTION]),
        "consumption_share_percent": shares_percent(row.numbers[CONSUMPTION]),
    }


def power_row_columns(rows: Sequence[Row]) -> Iterator[Column]:
    """One row per interval; exchanges by neighbour are a table of their own (flows)."""
    yield from row_columns(rows)
    for index, name in enumerate(POWER_NUMBER_COLUMNS):
        yield Column(name, ColumnType.NUMBER, [row.numbers[index] for row in rows])
    yield Column("net_import_mw", ColumnType.NUMBER, [net_import_mw(row) for row in rows])
    yield Column("balance_mw", ColumnType.NUMBER, [balance_mw(row) for row in rows])
    yield Column("composed_of", ColumnType.TEXTS, [row.composed_of for row in rows])


def power_bucket(bucket: FilledBucket) -> dict[str, Any]:
    """One hour, day or month: means in MW, energy in MWh, and how much of the time each number covers."""
    numbers = [bucket.aggregate(values) for values in _by_column(bucket.rows, len(POWER_NUMBER_COLUMNS))]
    groups: dict[str, Mapping[str, Aggregate]] = {
        "production": dict(zip(MODES, numbers[PRODUCTION], strict=True)),
        "consumption": dict(zip(MODES, numbers[CONSUMPTION], strict=True)),
        "import": by_neighbour(bucket, lambda row: row.import_mw),
        "export": by_neighbour(bucket, lambda row: row.export_mw),
    }
    singles = {name: numbers[index] for name, index in _TOTALS.items()}
    singles["net_import_mw"] = bucket.aggregate(map(net_import_mw, bucket.rows))
    percentages = {name: numbers[index] for name, index in _PERCENTAGES.items()}
    document = bucket_document(bucket)
    coverage: dict[str, Any] = {}
    for group, members in groups.items():
        document[f"{group}_mw"] = {name: member.mean for name, member in members.items()}
        document[f"{group}_mwh"] = {name: member.integral for name, member in members.items()}
        coverage[f"{group}_mw"] = {name: member.coverage_percent for name, member in members.items()}
    for name, member in singles.items():
        document[name] = member.mean
        document[f"{name}h"] = member.integral
        coverage[name] = member.coverage_percent
    for name, member in percentages.items():
        document[name] = member.mean
        coverage[name] = member.coverage_percent
    document["coverage_percent_by_value"] = coverage
    return document


def power_bucket_columns(buckets: Sequence[FilledBucket]) -> Iterator[Column]:
    """One row per bucket; of each number its mean, its energy (of power) and its coverage."""
    yield from bucket_columns(buckets)
    by_bucket = [
        [
            *(bucket.aggregate(values) for values in _by_column(bucket.rows, len(POWER_NUMBER_COLUMNS))),
            bucket.aggregate(map(net_import_mw, bucket.rows)),
        ]
        for bucket in buckets
    ]
    for index, name in enumerate((*POWER_NUMBER_COLUMNS, "net_import_mw")):
        column = [numbers[index] for numbers in by_bucket]
        yield Column(name, ColumnType.NUMBER, [member.mean for member in column])
        if name.endswith("_mw"):
            yield Column(f"{name}h", ColumnType.NUMBER, [member.integral for member in column])
        yield Column(f"{name}_coverage_percent", ColumnType.NUMBER, [member.coverage_percent for member in column])


def _by_column(rows: Sequence[Row], count: int) -> Sequence[tuple[float, ...]]:
    if not rows:
        return [()] * count
    return list(zip(*(row.numbers for row in rows), strict=True))
