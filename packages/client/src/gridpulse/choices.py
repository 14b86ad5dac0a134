"""What the API's parameters may be, for `--help`. The API is their home; a test compares them with it."""

from typing import Final

__all__ = ["GRANULARITIES", "METRICS", "ORDERS", "RESOLUTIONS", "SIGNALS", "VARIANTS"]

SIGNALS: Final = ("power-breakdown", "carbon-intensity")
GRANULARITIES: Final = ("5_minutes", "15_minutes", "hourly")
VARIANTS: Final = ("lifecycle", "direct")
RESOLUTIONS: Final = ("hour", "day", "month")
ORDERS: Final = ("ascending", "descending")
METRICS: Final = (
    "carbon_intensity",
    "renewable_percent",
    "fossil_free_percent",
    "production_total_mw",
    "consumption_total_mw",
    "import_total_mw",
    "export_total_mw",
    "net_import_mw",
)
