"""One colour for each way of making power."""

from typing import Final

__all__ = ["COLOURS"]

COLOURS: Final = {
    "Nuclear": "#9c7fd1",
    "Geothermal": "#b5654a",
    "Biomass": "#5f8f4e",
    "Coal": "#55504c",
    "Wind": "#5aa9e6",
    "Solar": "#f5c542",
    "Hydro": "#2c6fbb",
    "Gas": "#c98a4b",
    "Oil": "#8a3b3b",
    "Unknown": "#a3a3a3",
    "Pumped hydro discharging": "#1b9aaa",
    "Pumped hydro charging": "#1b9aaa",
    "Battery discharging": "#e36bae",
    "Battery charging": "#e36bae",
    "Hydro discharge": "#1b9aaa",
    "Battery discharge": "#e36bae",
}
