"""What was made of whole days, as rows of the store, documents (JSON) and tables (CSV, Arrow)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import groupby
from typing import Any, Final, NamedTuple

from gridpulse_contract.modes import MODES
from gridpulse_query_api.cells import as_day, as_double, as_int, as_milliseconds, cells_of
from gridpulse_query_api.instants import as_utc, to_ms
from gridpulse_query_api.rows import Page
from gridpulse_query_api.tables import Column, ColumnType

__all__ = [
    "ENERGY_COLUMNS",
    "FINDING_COLUMNS",
    "DayOfEnergy",
    "Finding",
    "energy_columns",
    "energy_document",
    "energy_of",
    "finding_columns",
    "finding_document",
    "findings_of",
]

ENERGY_COLUMNS: Final = (
    "day", "flow", "mode", "energy_mwh", "coverage_percent", "kind", "measured_percent", "updated_at",
)  # fmt: skip
"""Of power_daily, in the order in which `energy_of` reads them."""
FINDING_COLUMNS: Final = ("day", "rule", "severity", "findings", "detail")
"""Of data_quality, in the order in which `findings_of` reads them."""

_TOTAL: Final = "total"
_FLOWS_BY_MODE: Final = {"production": "prod", "consumption": "cons"}
_FLOWS: Final = (*_FLOWS_BY_MODE, "import", "export")
_MISSING: Final = (math.nan, 0.0)


@dataclass(frozen=True, slots=True)
class DayOfEnergy:
    """A day of a zone: by (flow, mode) the energy in MWh, NaN where no hour has the number, and its coverage."""

    day: date
    kind: str
    measured_percent: float
    updated_at_ms: int
    numbers: dict[tuple[str, str], tuple[float, float]]

    def of(self, flow: str, mode: str = _TOTAL) -> tuple[float, float]:
        """Energy and coverage."""
        return self.numbers.get((flow, mode), _MISSING)


class Finding(NamedTuple):
    """What a rule says about a day."""

    day: date
    rule: str
    severity: str
    findings: int
    detail: str


def energy_of(pages: Sequence[Page]) -> list[DayOfEnergy]:
    """The days in the rows of power_daily, in their order."""
    rows = (row for page in pages for row in cells_of(page, len(ENERGY_COLUMNS)))
    days: list[DayOfEnergy] = []
    for cell, of_day in groupby(rows, key=lambda row: row[0]):
        members = list(of_day)
        _, _, _, _, _, kind, measured, updated_at = members[0]
        numbers = {
            (flow.decode(), mode.decode()): (as_double(energy), as_double(coverage))
            for _, flow, mode, energy, coverage, *_ in members
        }
        days.append(DayOfEnergy(as_day(cell), kind.decode(), as_double(measured), as_milliseconds(updated_at), numbers))
    return days


def findings_of(pages: Sequence[Page]) -> list[Finding]:
    """The rows of data_quality, in their order."""
    return [
        Finding(as_day(day), rule.decode(), severity.decode(), as_int(findings), detail.decode())
        for page in pages
        for day, rule, severity, findings, detail in cells_of(page, len(FINDING_COLUMNS))
    ]


def energy_document(day: DayOfEnergy, clock: tzinfo) -> dict[str, Any]:
    """One day; `clock` is that of its calendar."""
    document: dict[str, Any] = {
        "day": day.day,
        "at": _midnight(day.day, clock),
        "end": _midnight(day.day + timedelta(days=1), clock),
        "updated_at": as_utc(day.updated_at_ms),
        "kind": day.kind,
        "measured_percent": day.measured_percent,
    }
    coverage: dict[str, Any] = {}
    for flow in _FLOWS_BY_MODE:
        by_mode = {mode: day.of(flow, mode) for mode in MODES}
        document[f"{flow}_mwh"] = {mode: energy for mode, (energy, _) in by_mode.items()}
        coverage[f"{flow}_mwh"] = {mode: percent for mode, (_, percent) in by_mode.items()}
    for flow in _FLOWS:
        document[f"{flow}_total_mwh"], coverage[f"{flow}_total_mwh"] = day.of(flow)
    document["coverage_percent_by_value"] = coverage
    return document


def energy_columns(days: Sequence[DayOfEnergy], clock: tzinfo) -> Iterator[Column]:
    """One row per day; of each number its energy and its coverage."""
    yield Column("day", ColumnType.TEXT, [day.day.isoformat() for day in days])
    yield Column("at", ColumnType.INSTANT, [to_ms(_midnight(day.day, clock)) for day in days])
    yield Column("end", ColumnType.INSTANT, [to_ms(_midnight(day.day + timedelta(days=1), clock)) for day in days])
    yield Column("updated_at", ColumnType.INSTANT, [day.updated_at_ms for day in days])
    yield Column("kind", ColumnType.TEXT, [day.kind for day in days])
    yield Column("measured_percent", ColumnType.NUMBER, [day.measured_percent for day in days])
    for flow, mode, name in _names():
        numbers = [day.of(flow, mode) for day in days]
        yield Column(f"{name}_mwh", ColumnType.NUMBER, [energy for energy, _ in numbers])
        yield Column(f"{name}_coverage_percent", ColumnType.NUMBER, [coverage for _, coverage in numbers])


def finding_document(finding: Finding) -> dict[str, Any]:
    """What a rule says about a day."""
    return {**finding._asdict(), "detail": finding.detail or None}


def finding_columns(findings: Sequence[Finding]) -> Iterator[Column]:
    """One row per day and rule."""
    yield Column("day", ColumnType.TEXT, [finding.day.isoformat() for finding in findings])
    yield Column("rule", ColumnType.TEXT, [finding.rule for finding in findings])
    yield Column("severity", ColumnType.TEXT, [finding.severity for finding in findings])
    yield Column("findings", ColumnType.INTEGER, [finding.findings for finding in findings])
    yield Column("detail", ColumnType.TEXT, [finding.detail or None for finding in findings])


def _names() -> Iterator[tuple[str, str, str]]:
    """Flow, mode and name of the column of each number."""
    for flow, prefix in _FLOWS_BY_MODE.items():
        for mode in MODES:
            yield flow, mode, f"{prefix}_{mode}"
    for flow in _FLOWS:
        yield flow, _TOTAL, f"{flow}_total"


def _midnight(day: date, clock: tzinfo) -> datetime:
    # fold=0: of a midnight that clocks show twice the first, of one that they skip the instant of the change
    return datetime(day.year, day.month, day.day, tzinfo=clock).astimezone(UTC)
