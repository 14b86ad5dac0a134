"""From the state of the grid to the numbers of a row, as one revision of it says them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gridpulse_contract.modes import MODES, RENEWABLE_MODES
from gridpulse_standin.grid import Balance
from gridpulse_standin.revisions import Content

__all__ = ["DIRECT_FACTORS", "LIFECYCLE_FACTORS", "Reading", "intensity", "read"]

_FACTORS: Final[Mapping[str, tuple[float, float]]] = {
    "nuclear": (12, 0),
    "geothermal": (38, 0),
    "biomass": (230, 0),
    "coal": (820, 760),
    "wind": (11, 0),
    "solar": (45, 0),
    "hydro": (24, 0),
    "gas": (490, 370),
    "oil": (650, 540),
    "unknown": (700, 575),
    "hydro_discharge": (200, 150),  # of what filled the store: about a European mean
    "battery_discharge": (200, 150),
}
LIFECYCLE_FACTORS: Final = tuple(_FACTORS[mode][0] for mode in MODES)
"""Life-cycle emissions by MODES in gCO2eq/kWh (IPCC, AR5 WG III annex III, 2014, medians and rounded)."""
DIRECT_FACTORS: Final = tuple(_FACTORS[mode][1] for mode in MODES)
"""Emissions of the plant alone by MODES in gCO2eq/kWh (the same annex; unknown between gas and coal)."""

_RENEWABLE: Final = tuple(MODES.index(mode) for mode in (*RENEWABLE_MODES, "hydro_discharge"))
_FOSSIL_FREE: Final = (*_RENEWABLE, MODES.index("nuclear"))
_ESTIMATE_ERROR: Final = {Content.FIRST_ESTIMATE: 0.10, Content.SECOND_ESTIMATE: 0.05}


@dataclass(frozen=True)
class Reading:
    """The numbers of a row in whole MW, by MODES; None where the source has none.

    `production_total` counts the positive modes; `consumption_total` is all production, storage's charging included,
    plus imports less exports, and `consumption` splits it by origin, never negative.
    """

    production: tuple[int | None, ...]
    consumption: tuple[int, ...]
    imports: Mapping[str, int]
    exports: Mapping[str, int]
    production_total: int
    consumption_total: int
    import_total: int | None
    export_total: int | None
    renewable_percent: int | None
    fossil_free_percent: int | None
    withdrawn: bool

    def carbon_intensity(self, factors: Sequence[float], *, flow_traced: bool = True) -> int | None:
        """gCO2eq/kWh of what is used in the zone, or of what is made there."""
        if self.withdrawn:
            return None
        return intensity(self.consumption if flow_traced else [max(mw or 0, 0) for mw in self.production], factors)


def read(balance: Balance, content: Content, chances: Sequence[float]) -> Reading:
    """What a revision with this content says; `chances` (at least one a mode) decide its errors."""
    imported, exported = sum(balance.imports.values()), sum(balance.exports.values())
    trade = imported - exported
    truth = balance.production
    use = sum(mw or 0 for mw in truth) + trade
    production = truth
    if content in _ESTIMATE_ERROR:
        production = _estimated(truth, use, _ESTIMATE_ERROR[content], chances)
    elif content is Content.CORRECTED:
        production = _corrected(truth, use, chances)
    elif content is Content.WITHDRAWN:
        production = _with_one_withdrawn(truth, use, chances)

    positive = [max(mw or 0, 0) for mw in production]
    consumption_total = max(sum(mw or 0 for mw in production) + trade, 0)
    supply = [made + brought for made, brought in zip(positive, balance.imported, strict=True)]
    consumption = _split(consumption_total, supply)
    withdrawn = content is Content.WITHDRAWN
    known = consumption_total > 0 and not withdrawn
    return Reading(
        production=production,
        consumption=consumption,
        imports=balance.imports,
        exports=balance.exports,
        production_total=sum(positive),
        consumption_total=consumption_total,
        import_total=imported if balance.imports else None,
        export_total=exported if balance.exports else None,
        renewable_percent=_percent(consumption, _RENEWABLE, consumption_total) if known else None,
        fossil_free_percent=_percent(consumption, _FOSSIL_FREE, consumption_total) if known else None,
        withdrawn=withdrawn,
    )


def intensity(mix_mw: Sequence[float], factors: Sequence[float]) -> int | None:
    """Mean of the factors over a mix; None over nothing."""
    total = sum(mix_mw)
    return round(sum(mw * factor for mw, factor in zip(mix_mw, factors, strict=True)) / total) if total else None


def _estimated(
    truth: tuple[int | None, ...], use: int, error: float, chances: Sequence[float]
) -> tuple[int | None, ...]:
    errors = [(mw or 0) * error * (2 * chance - 1) for mw, chance in zip(truth, chances, strict=False)]
    largest = 0.4 * use  # an exporter's error must not eat its consumption
    shrink = min(largest / max(abs(sum(errors)), 1e-9), 1.0)
    return tuple(None if mw is None else mw + int(off * shrink) for mw, off in zip(truth, errors, strict=True))


def _corrected(truth: tuple[int | None, ...], use: int, chances: Sequence[float]) -> tuple[int | None, ...]:
    """The largest mode and about a third of the others, off by some percent."""
    largest = max(range(len(truth)), key=lambda mode: truth[mode] or 0)
    sign = 1 if chances[-1] < 0.5 or use < 4 else -1
    room = use // 4
    corrected = list(truth)
    for mode in sorted(range(len(truth)), key=lambda mode: mode != largest):
        mw = truth[mode]
        if mw is None or mw < 2 or (mode != largest and chances[mode] > 0.35):
            continue
        off = max(min(round(mw * 0.03), room), 1)
        room = max(room - off, 0)
        corrected[mode] = mw + sign * off
        if room == 0:
            break
    return tuple(corrected)


def _with_one_withdrawn(truth: tuple[int | None, ...], use: int, chances: Sequence[float]) -> tuple[int | None, ...]:
    candidates = [mode for mode, mw in enumerate(truth) if mw is not None and 0 < mw <= use / 4]
    if not candidates:
        return truth
    gone = candidates[int(chances[-1] * len(candidates))]
    return tuple(None if mode == gone else mw for mode, mw in enumerate(truth))


def _split(total: int, weights: Sequence[float]) -> tuple[int, ...]:
    """`total` in whole parts as the weights say, by the method of the largest remainder, so that the parts add up."""
    whole = sum(weights)
    if whole <= 0:
        return tuple(total if mode == "unknown" else 0 for mode in MODES)
    exact = [total * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: parts[index] - exact[index])
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return tuple(parts)


def _percent(parts: Sequence[int], modes: Sequence[int], total: int) -> int:
    return round(100 * sum(parts[mode] for mode in modes) / total)
