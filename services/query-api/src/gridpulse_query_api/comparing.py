"""One number of several zones, side by side over time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gridpulse_query_api.buckets import Bucket
from gridpulse_query_api.instants import as_utc, to_ms
from gridpulse_query_api.measures import Measure
from gridpulse_query_api.rollup import fill
from gridpulse_query_api.rows import Row
from gridpulse_query_api.tables import Column, ColumnType

__all__ = ["Comparison", "compare_buckets", "compare_rows"]


@dataclass(frozen=True, slots=True)
class _Cell:
    value: float
    kind: str | None
    updated_at_ms: int | None
    coverage_percent: float | None = None

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "value": self.value,
            "kind": self.kind,
            "updated_at": None if self.updated_at_ms is None else as_utc(self.updated_at_ms),
        }
        if self.coverage_percent is not None:
            document["coverage_percent"] = self.coverage_percent
        return document


@dataclass(frozen=True, slots=True)
class Comparison:
    """By interval or bucket, by zone; None where a zone has no row."""

    cells: Mapping[int, Mapping[str, _Cell | None]]
    is_rolled_up: bool

    def documents(self) -> list[dict[str, Any]]:
        """One for each interval or bucket."""
        return [
            {"at": as_utc(at_ms), "values": {zone: cell and cell.document() for zone, cell in by_zone.items()}}
            for at_ms, by_zone in self.cells.items()
        ]

    def columns(self) -> Iterator[Column]:
        """One row for each interval or bucket and zone that has it."""
        flat = [(at_ms, zone, cell) for at_ms, by_zone in self.cells.items() for zone, cell in by_zone.items() if cell]
        yield Column("at", ColumnType.INSTANT, [at_ms for at_ms, _, _ in flat])
        yield Column("zone", ColumnType.TEXT, [zone for _, zone, _ in flat])
        yield Column("value", ColumnType.NUMBER, [cell.value for _, _, cell in flat])
        yield Column("kind", ColumnType.TEXT, [cell.kind for _, _, cell in flat])
        yield Column("updated_at", ColumnType.INSTANT, [cell.updated_at_ms for _, _, cell in flat])
        if self.is_rolled_up:
            yield Column("coverage_percent", ColumnType.NUMBER, [cell.coverage_percent for _, _, cell in flat])


def compare_rows(rows_by_zone: Mapping[str, Sequence[Row]], measure: Measure) -> Comparison:
    """Of every interval that any of the zones has."""
    cells: dict[int, dict[str, _Cell | None]] = {}
    for at_ms in sorted({row.at_ms for rows in rows_by_zone.values() for row in rows}):
        cells[at_ms] = dict.fromkeys(rows_by_zone)
    for zone, rows in rows_by_zone.items():
        for row in rows:
            cells[row.at_ms][zone] = _Cell(measure.of(row), row.kind, row.updated_at_ms)
    return Comparison(cells, is_rolled_up=False)


def compare_buckets(
    rows_by_zone: Mapping[str, Sequence[Row]], measure: Measure, buckets: Sequence[Bucket], width_ms: int
) -> Comparison:
    """Of every bucket: the mean over the time that is covered."""
    cells: dict[int, dict[str, _Cell | None]] = {to_ms(bucket.start): {} for bucket in buckets}
    for zone, rows in rows_by_zone.items():
        for bucket in fill(buckets, rows, width_ms):
            number = bucket.aggregate(map(measure.of, bucket.rows))
            cell = _Cell(number.mean, bucket.kind, bucket.updated_at_ms, number.coverage_percent)
            cells[to_ms(bucket.start)][zone] = cell
    return Comparison(cells, is_rolled_up=True)
