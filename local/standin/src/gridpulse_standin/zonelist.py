"""The list of zones as the source gives it to a token's plan, or to nobody."""

from typing import Any

from gridpulse_contract.zones import Zone, load_zones
from gridpulse_standin.settings import Plan
from gridpulse_standin.source import Version

__all__ = ["another_zone", "zone_list"]


def zone_list(version: Version, plan: Plan | None) -> dict[str, dict[str, Any]]:
    """Zone key -> facts; with a plan only its zones, and what may be asked of each."""
    listed: dict[str, dict[str, Any]] = {}
    for key, zone in load_zones().items():
        if plan is not None and "*" not in plan.zones and key not in plan.zones:
            continue
        facts = _names(zone) if version is Version.V3 else _facts(zone)
        if plan is not None:
            facts["access"] = list(plan.access)
        listed[key] = facts
    return listed


def another_zone(key: str) -> str:
    """A zone that is not the one asked for, always the same."""
    keys = list(load_zones())
    return keys[(keys.index(key) + 1) % len(keys)]


def _names(zone: Zone) -> dict[str, Any]:
    country = load_zones().get(zone.country)
    if country is None or country.key == zone.key:
        return {"zoneName": zone.name}
    return {"countryName": country.name, "zoneName": zone.name}


def _facts(zone: Zone) -> dict[str, Any]:
    sub_zones = [other.key for other in load_zones().values() if other.parent == zone.key]
    country = load_zones().get(zone.country)
    return {
        "zoneName": zone.name,
        **({} if country is None or country.key == zone.key else {"countryName": country.name}),
        "zoneKey": zone.key,
        "countryCode": zone.country,
        "zoneParentKey": zone.parent,
        "subZoneKeys": sub_zones,
        "isCommerciallyAvailable": True,
        "tier": None if sub_zones else "TIER_A",
    }
