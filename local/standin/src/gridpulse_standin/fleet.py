"""What stands in each zone: place, demand, plants and interconnectors, read from `fleet.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from gridpulse_contract.zones import load_zones

__all__ = ["Fleet", "Link", "PowerSystem", "load_fleet"]


@dataclass(frozen=True)
class PowerSystem:
    """One zone that is not an aggregate. `capacity_mw` names the modes that the zone reports, in MW installed.

    `winter_share` is by how much of its mean the demand swings with the season, None where latitude decides;
    `river_share` is the share of hydro capacity that runs at any price beyond what plants everywhere do.
    """

    key: str
    latitude: float
    longitude: float
    timezone: ZoneInfo
    mean_demand_mw: float
    winter_share: float | None
    river_share: float
    capacity_mw: Mapping[str, float]


@dataclass(frozen=True)
class Link:
    """An interconnector between two systems; a positive flow goes from `one` to `other`."""

    one: str
    other: str
    capacity_mw: float


@dataclass(frozen=True)
class Fleet:
    """Every system by its key, and every link between two of them."""

    systems: Mapping[str, PowerSystem]
    links: tuple[Link, ...]


@cache
def load_fleet() -> Fleet:
    """The fleet, with the timezones of the reference of zones."""
    document: dict[str, Any] = yaml.safe_load(
        resources.files("gridpulse_standin").joinpath("fleet.yaml").read_text(encoding="utf-8")
    )
    zones = load_zones()
    systems: dict[str, PowerSystem] = {}
    for key, facts in document["zones"].items():
        systems[key] = PowerSystem(
            key=key,
            latitude=facts["position"][0],
            longitude=facts["position"][1],
            timezone=ZoneInfo(zones[key].timezone),
            mean_demand_mw=facts["demand"],
            winter_share=facts.get("winter"),
            river_share=facts.get("river", 0.0),
            capacity_mw=MappingProxyType(facts["capacity"]),
        )
    links = tuple(Link(one, other, capacity) for one, other, capacity in document["links"])
    return Fleet(MappingProxyType(systems), links)
