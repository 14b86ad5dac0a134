"""The flat names of an event's values, the same in every wide store (Cassandra, Parquet, BigQuery)."""

from typing import Final

from gridpulse_contract.modes import MODES

__all__ = ["MIX_NUMBER_COLUMNS", "POWER_NUMBER_COLUMNS", "consumption_column", "mix_column", "production_column"]


def production_column(mode: str) -> str:
    """Column of a mode's production in MW."""
    return f"prod_{mode}_mw"


def consumption_column(mode: str) -> str:
    """Column of a mode's share of the zone's consumption in MW."""
    return f"cons_{mode}_mw"


def mix_column(mode: str) -> str:
    """Column of a mode's power in MW in an electricity mix."""
    return f"{mode}_mw"


POWER_NUMBER_COLUMNS: Final = (
    *(consumption_column(mode) for mode in MODES),
    *(production_column(mode) for mode in MODES),
    "production_total_mw",
    "consumption_total_mw",
    "import_total_mw",
    "export_total_mw",
    "renewable_percent",
    "fossil_free_percent",
)
"""Every number of a power breakdown row, all doubles."""

MIX_NUMBER_COLUMNS: Final = (*(mix_column(mode) for mode in MODES), "import_total_mw", "export_total_mw")
"""Every number of an electricity mix row, all doubles."""
