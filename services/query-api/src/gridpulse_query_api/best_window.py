"""The greenest time to run something: a search in what is expected. No I/O."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from gridpulse_query_api.instants import Span

__all__ = ["BestWindow", "best_window", "whole_intervals"]

_UNITS_PER_ONE: Final = 2**1074  # every double is a whole multiple of 2**-1074


@dataclass(frozen=True, slots=True)
class BestWindow:
    """The window with the lowest mean expected intensity, in gCO2eq/kWh, and what to compare it with."""

    window: Span
    mean: float
    span: Span
    """What was searched."""
    span_mean: float
    """Of all intervals in the span that are known."""
    soonest_mean: float
    """Of the first window in the span, NaN where that is not wholly known."""

    @property
    def saved_percent(self) -> float:
        """What waiting saves of the soonest window's intensity; NaN where that is not known, or 0."""
        return 100 * (1 - self.mean / self.soonest_mean) if self.soonest_mean > 0 else math.nan


def whole_intervals(span: Span, width_ms: int) -> Span:
    """From the first interval that starts in the span to the last that ends in it."""
    return Span(-(-span.start_ms // width_ms) * width_ms, span.end_ms // width_ms * width_ms)


def best_window(expected: Mapping[int, float], span: Span, width_ms: int, length: int) -> BestWindow | None:
    """The best window of `length` intervals in a span of whole ones; of equal ones the first.

    `expected` is the intensity by start of the interval. Windows with an interval that is missing (or NaN) are left
    out; None where none is left.
    """
    values = [expected.get(at_ms, math.nan) for at_ms in range(span.start_ms, span.end_ms, width_ms)]
    missing = list(accumulate((not math.isfinite(value) for value in values), initial=0))
    sums = list(accumulate(map(_exact, values), initial=0))
    known = [index for index in range(len(values) - length + 1) if missing[index] == missing[index + length]]
    if not known:
        return None
    best = min(known, key=lambda index: sums[index + length] - sums[index])
    start_ms = span.start_ms + best * width_ms
    return BestWindow(
        Span(start_ms, start_ms + length * width_ms),
        _mean(values[best : best + length]),
        span,
        _mean([value for value in values if math.isfinite(value)]),
        _mean(values[:length]),
    )


def _exact(value: float) -> int:
    """The number in units of the smallest one, so that sums have no error, however long; a missing one adds nothing."""
    if not math.isfinite(value):
        return 0
    numerator, denominator = value.as_integer_ratio()
    return numerator * (_UNITS_PER_ONE // denominator)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
