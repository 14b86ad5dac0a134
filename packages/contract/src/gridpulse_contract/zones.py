"""The European zones, read from `zones.yaml`: their one home.

Sources name a sub-zone where an aggregate is meant: France exports to IT-NO, and Italy as a whole imports from FR.
`is_within` is how the two sides of a border are matched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

__all__ = ["Zone", "is_within", "load_zones", "parent_of"]


@dataclass(frozen=True)
class Zone:
    """One zone of the source.

    `country` is ISO 3166-1 alpha-2 (XK for Kosovo), `timezone` an IANA name, `parent` the key of the aggregate that
    contains the zone or None, `neighbours` the keys across its interconnectors (never an aggregate), sorted.
    """

    key: str
    name: str
    country: str
    timezone: str
    parent: str | None
    neighbours: tuple[str, ...]


@cache
def load_zones() -> Mapping[str, Zone]:
    """Every zone by its key, in the order of the file (alphabetical); read-only."""
    text = resources.files("gridpulse_contract").joinpath("zones.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    facts: dict[str, dict[str, str]] = document["zones"]
    links: list[tuple[str, str]] = document["links"]

    def contains(ancestor: str, key: str | None) -> bool:
        return key is not None and (key == ancestor or contains(ancestor, facts[key].get("parent")))

    neighbours: dict[str, set[str]] = {key: set() for key in facts}
    for key in facts:
        for one, other in links:
            if contains(key, one) and not contains(key, other):
                neighbours[key].add(other)
            if contains(key, other) and not contains(key, one):
                neighbours[key].add(one)
    return MappingProxyType(
        {
            key: Zone(
                key=key,
                name=fact["name"],
                country=fact["country"],
                timezone=fact["timezone"],
                parent=fact.get("parent"),
                neighbours=tuple(sorted(neighbours[key])),
            )
            for key, fact in facts.items()
        }
    )


def parent_of(key: str) -> str | None:
    """The key of the aggregate that contains the zone; None for a zone without one and for an unknown key."""
    zone = load_zones().get(key)
    return zone.parent if zone else None


def is_within(key: str, ancestor: str) -> bool:
    """Whether `key` is `ancestor` or one of its sub-zones, so that an exchange with `key` is one with `ancestor`."""
    current: str | None = key
    while current is not None and current != ancestor:
        current = parent_of(current)
    return current is not None
