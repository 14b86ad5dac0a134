"""v4's mix and flows of electricity, written from the same reading as the power breakdown.

The mix has decimals where the power breakdown has whole MW: each number rounds to that of the power breakdown.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gridpulse_contract.modes import MODES, SOURCE_NAME_BY_MODE, STORAGE_MODES
from gridpulse_standin.revisions import Revision
from gridpulse_standin.values import Reading

__all__ = ["estimation", "flows", "mix"]

_NORMAL: Final = "normal"
_MEASURED: Final = "MEASURED"
_ESTIMATED_PREFIX: Final = "ESTIMATED_"
_ROUNDS_BACK: Final = 0.98  # of a MW: a decimal part never makes another whole number, nor another sign


def mix(reading: Reading, breakdown_type: str, chances: Sequence[float]) -> dict[str, Any]:
    """Power by mode of a row, in MW: of what is produced in the zone, or else of what is consumed there by its origin.

    `chances` (one a mode) decide the decimals.
    """
    is_normal = breakdown_type == _NORMAL
    whole = reading.production if is_normal else reading.consumption
    exact = [_with_decimals(mw, chance) for mw, chance in zip(whole, chances, strict=False)]
    by_mode = dict(zip(MODES, exact, strict=True))
    members: dict[str, Any] = {
        SOURCE_NAME_BY_MODE[mode]: mw for mode, mw in by_mode.items() if mode not in STORAGE_MODES
    }
    for mode in STORAGE_MODES:
        name = mode.replace("_discharge", " storage")
        members[name] = _storage(by_mode[mode]) if is_normal else {"discharge": by_mode[mode]}
    if is_normal:
        members["flows"] = {"exports": reading.export_total, "imports": reading.import_total}
    return members


def flows(reading: Reading) -> dict[str, Mapping[str, int]]:
    """Imports and exports of a row by neighbour, in MW: only those where power flows."""
    return {
        "import": {neighbour: mw for neighbour, mw in reading.imports.items() if mw},
        "export": {neighbour: mw for neighbour, mw in reading.exports.items() if mw},
    }


def estimation(revision: Revision) -> dict[str, Any]:
    """How a mix says whether it is estimated: of measured rows nothing but the method."""
    if not revision.is_estimated:
        return {"estimationMethod": _MEASURED}
    return {"isEstimated": True, "estimationMethod": f"{_ESTIMATED_PREFIX}{revision.estimation_method}"}


def _with_decimals(mw: int | None, chance: float) -> float | int | None:
    return round(mw + (chance - 0.5) * _ROUNDS_BACK, 2) if mw else mw


def _storage(net_mw: float | None) -> dict[str, float | int | None]:
    """A zone without storage says that it charges nothing."""
    if net_mw is None:
        return {"charge": 0, "discharge": None}
    if net_mw < 0:
        return {"charge": -net_mw, "discharge": None}
    return {"charge": 0, "discharge": net_mw}
