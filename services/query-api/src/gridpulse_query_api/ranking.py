"""The zones in the order of their newest number."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gridpulse_query_api.instants import as_utc
from gridpulse_query_api.rows import Row
from gridpulse_query_api.tables import Column, ColumnType

__all__ = ["Candidate", "Ranked", "rank", "ranking_columns", "ranking_document"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A zone with its newest row, if it has one, and the number (NaN where there is none)."""

    zone: str
    name: str | None
    row: Row | None
    value: float
    age_seconds: int | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its rank, None for one without a number or too old."""

    candidate: Candidate
    rank: int | None


def rank(candidates: Sequence[Candidate], *, is_ascending: bool, max_age_seconds: float) -> list[Ranked]:
    """In order; equal numbers share a rank, and those without one come last, by zone."""

    def has_rank(candidate: Candidate) -> bool:
        age = candidate.age_seconds
        return age is not None and age <= max_age_seconds and not math.isnan(candidate.value)

    sign = 1 if is_ascending else -1
    in_order = sorted(filter(has_rank, candidates), key=lambda member: (sign * member.value, member.zone))
    ranked: list[Ranked] = []
    for position, candidate in enumerate(in_order, start=1):
        before = ranked[-1] if ranked else None
        is_equal = before is not None and before.candidate.value == candidate.value
        ranked.append(Ranked(candidate, before.rank if before and is_equal else position))
    rest = sorted((member for member in candidates if not has_rank(member)), key=lambda member: member.zone)
    return [*ranked, *(Ranked(candidate, None) for candidate in rest)]


def ranking_document(ranked: Ranked) -> dict[str, Any]:
    """One zone."""
    candidate, row = ranked.candidate, ranked.candidate.row
    return {
        "rank": ranked.rank,
        "zone": candidate.zone,
        "name": candidate.name,
        "value": candidate.value,
        "kind": row and row.kind,
        "at": row and as_utc(row.at_ms),
        "updated_at": row and as_utc(row.updated_at_ms),
        "age_seconds": candidate.age_seconds,
    }


def ranking_columns(ranking: Sequence[Ranked]) -> Iterator[Column]:
    """One row per zone."""
    rows = [ranked.candidate.row for ranked in ranking]
    yield Column("rank", ColumnType.INTEGER, [ranked.rank for ranked in ranking])
    yield Column("zone", ColumnType.TEXT, [ranked.candidate.zone for ranked in ranking])
    yield Column("name", ColumnType.TEXT, [ranked.candidate.name for ranked in ranking])
    yield Column("value", ColumnType.NUMBER, [ranked.candidate.value for ranked in ranking])
    yield Column("kind", ColumnType.TEXT, [row and row.kind for row in rows])
    yield Column("at", ColumnType.INSTANT, [row and row.at_ms for row in rows])
    yield Column("updated_at", ColumnType.INSTANT, [row and row.updated_at_ms for row in rows])
    yield Column("age_seconds", ColumnType.INTEGER, [ranked.candidate.age_seconds for ranked in ranking])
