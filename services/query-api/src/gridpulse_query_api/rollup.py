"""Roll-ups: mean power, energy and coverage of a bucket's rows.

Only rows of one granularity go into a bucket. A missing number is left out and lowers the coverage: it is neither 0 nor
poison. Means are over the time that is covered, and so is energy (power x hours): neither is scaled up to the bucket.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gridpulse_contract.models import Kind
from gridpulse_query_api.buckets import Bucket
from gridpulse_query_api.instants import to_ms
from gridpulse_query_api.rows import Row

__all__ = ["MIXED", "Aggregate", "FilledBucket", "aggregate", "fill"]

_MS_PER_HOUR = 3_600_000
MIXED = "mixed"
"""Kind of a bucket whose rows are of several kinds."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Of one number over a bucket: its mean, its integral in unit x hours (MWh of MW), how much of the time has it.

    NaN for mean and integral where no row has the number.
    """

    mean: float
    integral: float
    coverage_percent: float


@dataclass(frozen=True, slots=True)
class FilledBucket:
    """A bucket with its rows. `expected_rows` is how many intervals of the rows' width it holds."""

    start: datetime
    end: datetime
    width_ms: int
    rows: Sequence[Row]

    @property
    def expected_rows(self) -> int:
        """How many rows a full bucket has."""
        return (to_ms(self.end) - to_ms(self.start)) // self.width_ms

    @property
    def coverage_percent(self) -> float:
        """Rows that are there, of those that a full bucket has."""
        return _percent(len(self.rows), self.expected_rows)

    @property
    def kind(self) -> str | None:
        """The kind of its rows, `mixed` where they differ, None without rows."""
        kinds = {row.kind for row in self.rows}
        return MIXED if len(kinds) > 1 else next(iter(kinds), None)

    @property
    def measured_percent(self) -> float | None:
        """Measured rows of those that are there, None without rows."""
        if not self.rows:
            return None
        return _percent(sum(row.kind == Kind.MEASURED for row in self.rows), len(self.rows))

    @property
    def updated_at_ms(self) -> int | None:
        """The newest revision in it, None without rows."""
        return max((row.updated_at_ms for row in self.rows), default=None)

    def aggregate(self, values: Iterable[float]) -> Aggregate:
        """Of one number, given its value in each row (NaN where missing)."""
        return aggregate(values, self.expected_rows, self.width_ms / _MS_PER_HOUR)


def aggregate(values: Iterable[float], expected: int, hours_each: float) -> Aggregate:
    """Mean, integral and coverage of values (NaN = missing) that each stand for `hours_each`."""
    present = [value for value in values if not math.isnan(value)]
    if not present:
        return Aggregate(math.nan, math.nan, 0.0)
    total = math.fsum(present)
    return Aggregate(total / len(present), total * hours_each, _percent(len(present), expected))


def fill(buckets: Sequence[Bucket], rows: Sequence[Row], width_ms: int) -> Iterator[FilledBucket]:
    """Each bucket with its rows; both in ascending order."""
    position = 0
    for bucket in buckets:
        start_ms, end_ms = to_ms(bucket.start), to_ms(bucket.end)
        while position < len(rows) and rows[position].at_ms < start_ms:
            position += 1
        first = position
        while position < len(rows) and rows[position].at_ms < end_ms:
            position += 1
        yield FilledBucket(bucket.start, bucket.end, width_ms, rows[first:position])


def _percent(part: int, whole: int) -> float:
    return min(100.0, 100.0 * part / whole)
