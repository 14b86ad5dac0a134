"""Which plants run: the merit order of one zone as a curve from price to output.

The price is a number without a unit: 0 where power is worth nothing, about 1 where nearly everything runs. Each mode
has must-run output and a stretch of prices over which it comes on; storage charges below and discharges above.
"""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from gridpulse_contract.modes import MODES

__all__ = ["DISPATCHED_MODES", "MAX_PRICE", "MeritOrder"]

MAX_PRICE: Final = 1.3

# Mode -> (price, share of capacity) points; constant outside, straight between.
_CURVES: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "nuclear": ((0.0, 0.5), (0.22, 0.78)),
    "geothermal": ((0.0, 0.78), (0.3, 0.82)),
    "biomass": ((0.0, 0.4), (0.9, 0.7)),
    "coal": ((0.12, 0.08), (0.75, 0.78)),
    "hydro": ((0.0, 0.12), (0.33, 0.46), (1.05, 0.72)),
    "gas": ((0.2, 0.05), (1.0, 0.75)),
    "oil": ((0.8, 0.02), (1.3, 0.85)),
    "unknown": ((0.0, 0.35), (1.0, 0.5)),
    "hydro_discharge": ((0.02, -0.8), (0.3, 0.0), (0.5, 0.0), (1.0, 0.85)),
    "battery_discharge": ((0.1, -0.85), (0.32, 0.0), (0.52, 0.0), (0.85, 0.85)),
}
DISPATCHED_MODES: Final = tuple(mode for mode in MODES if mode in _CURVES)
"""Every mode but wind and solar, which the weather decides."""


class MeritOrder:
    """The dispatchable plants of one zone; needs and outputs in MW."""

    def __init__(self, capacity_mw: Mapping[str, float], mean_demand_mw: float) -> None:
        curves = {mode: curve for mode, curve in _CURVES.items() if capacity_mw.get(mode, 0) > 0}
        points = sorted({0.0, MAX_PRICE, *(price for curve in curves.values() for price, _ in curve)})
        self._prices = points
        self._outputs = [
            [capacity_mw[mode] * _share(curves[mode], price) if mode in curves else 0.0 for mode in DISPATCHED_MODES]
            for price in points
        ]
        # A little slope everywhere, so that the price is unique even where no plant answers to it.
        self._totals = [
            sum(row) + 0.02 * mean_demand_mw * price for price, row in zip(points, self._outputs, strict=True)
        ]
        self.lowest_mw = sum(self._outputs[0])
        self.highest_mw = sum(self._outputs[-1])
        self.slope_mw = max((self._totals[-1] - self._totals[0]) / MAX_PRICE, 0.3 * mean_demand_mw)
        """MW that one unit of price brings on, on average."""

    def price(self, need_mw: float) -> float:
        """The price at which the plants give `need_mw`; below 0 and above the maximum where they cannot."""
        totals = self._totals
        if need_mw <= totals[0]:
            return (need_mw - totals[0]) / self.slope_mw
        if need_mw >= totals[-1]:
            return MAX_PRICE + (need_mw - totals[-1]) / self.slope_mw
        upper = bisect_right(totals, need_mw)
        low, high = totals[upper - 1], totals[upper]
        share = (need_mw - low) / (high - low)
        return self._prices[upper - 1] * (1 - share) + self._prices[upper] * share

    def dispatch(self, need_mw: float) -> list[float]:
        """Output by DISPATCHED_MODES, as near to `need_mw` in sum as the plants can come."""
        price = min(max(self.price(need_mw), 0.0), MAX_PRICE)
        upper = min(bisect_right(self._prices, price), len(self._prices) - 1)
        low, high = self._prices[upper - 1], self._prices[upper]
        share = (price - low) / (high - low)
        return [
            a * (1 - share) + b * share for a, b in zip(self._outputs[upper - 1], self._outputs[upper], strict=True)
        ]


def _share(curve: tuple[tuple[float, float], ...], price: float) -> float:
    for (low, share_low), (high, share_high) in pairwise(curve):
        if price <= low:
            return share_low
        if price <= high:
            return share_low + (share_high - share_low) * (price - low) / (high - low)
    return curve[-1][1]
