"""Production modes of the source, and the names that this platform gives them.

The source has twelve modes, two of them with a space in the name (Electricity Maps API, power breakdown).
"""

from typing import Final

__all__ = ["FOSSIL_MODES", "MODES", "RENEWABLE_MODES", "SOURCE_NAME_BY_MODE", "STORAGE_MODES"]

MODES: Final = (
    "nuclear",
    "geothermal",
    "biomass",
    "coal",
    "wind",
    "solar",
    "hydro",
    "gas",
    "oil",
    "unknown",
    "hydro_discharge",
    "battery_discharge",
)
"""Every mode in the order of the source; storage modes keep their sign (negative = charging)."""

STORAGE_MODES: Final = ("hydro_discharge", "battery_discharge")
RENEWABLE_MODES: Final = ("geothermal", "biomass", "wind", "solar", "hydro")
FOSSIL_MODES: Final = ("coal", "gas", "oil")

SOURCE_NAME_BY_MODE: Final[dict[str, str]] = {mode: mode.replace("_", " ") for mode in MODES}
