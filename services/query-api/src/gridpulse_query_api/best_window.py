"""The greenest time to run something: a search in what is expected. No I/O."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gridpulse_query_api.instants import Span

__all__ = ["BestWindow", "best_window", "whole_intervals"]


@dataclass(frozen=True, slots=True)
class BestWindow:
    """The window with the lowest mean expected intensity, in gCO2eq/kWh, and what to compare it with."""

    window: Span
    mean: float
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
    means = [math.fsum(values[index : index + length]) / length for index in range(len(values) - length + 1)]
    known = [index for index, mean in enumerate(means) if not math.isnan(mean)]
    if not known:
        return None
    best = min(known, key=means.__getitem__)
    start_ms = span.start_ms + best * width_ms
    of_span = [value for value in values if not math.isnan(value)]
    return BestWindow(
        Span(start_ms, start_ms + length * width_ms), means[best], math.fsum(of_span) / len(of_span), means[0]
    )
