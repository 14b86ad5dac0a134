"""The zones by their keys, with help for those who mistype one."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from gridpulse_contract.zones import Zone

__all__ = ["ZoneDirectory"]

_MAX_MATCHES: Final = 5


class ZoneDirectory:
    """A reference of zones; zones that it lacks can still have data, as the source has more than any reference."""

    def __init__(self, zones: Mapping[str, Zone]) -> None:
        self.zones: Final = zones
        self._key_by_name = {zone.name.casefold(): zone.key for zone in zones.values()}

    def get(self, key: str) -> Zone | None:
        """The zone, None for one that the reference lacks."""
        return self.zones.get(key)

    def sub_zones(self, key: str) -> list[str]:
        """Keys of the zones that the zone is the sum of."""
        return [zone.key for zone in self.zones.values() if zone.parent == key]

    def near_matches(self, key: str) -> Sequence[str]:
        """Keys that may be meant: by name, by other spelling, by a sub-zone's or a parent's key."""
        wanted = key.strip().upper().replace("_", "-")
        if wanted in self.zones:
            return (wanted,)
        by_name = [
            self._key_by_name[name]
            for name in get_close_matches(key.strip().casefold(), self._key_by_name, n=_MAX_MATCHES, cutoff=0.8)
        ]
        related = [known for known in self.zones if known.startswith(f"{wanted}-") or wanted.startswith(f"{known}-")]
        spelled = get_close_matches(wanted, self.zones, n=_MAX_MATCHES)
        return tuple(dict.fromkeys((*by_name, *related, *spelled)))[:_MAX_MATCHES]
