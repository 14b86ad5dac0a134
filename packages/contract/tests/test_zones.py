"""The reference of zones is complete and consistent."""

import re
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from gridpulse_contract.zones import is_within, load_zones, parent_of

ZONES = load_zones()
AGGREGATES = {zone.parent for zone in ZONES.values() if zone.parent}


def test_europe_is_covered() -> None:
    assert len(ZONES) >= 40
    for country, sub_zones in {"DK": 3, "IT": 6, "NO": 5, "SE": 4}.items():
        assert sum(zone.parent == country for zone in ZONES.values()) == sub_zones


@pytest.mark.parametrize("key", ZONES)
def test_a_zone_is_well_formed(key: str) -> None:
    zone = ZONES[key]
    assert zone.key == key
    assert re.fullmatch(r"[A-Z0-9]+(-[A-Z0-9]+)*", key)
    assert zone.name
    assert re.fullmatch(r"[A-Z]{2}", zone.country)
    assert key.startswith(zone.country)
    assert ZoneInfo(zone.timezone).key == zone.timezone


def test_parents_exist_and_form_no_cycle() -> None:
    for zone in ZONES.values():
        seen = {zone.key}
        parent = zone.parent
        while parent is not None:
            assert parent not in seen
            seen.add(parent)
            parent = ZONES[parent].parent


def test_neighbours_are_symmetric_across_aggregates() -> None:
    for zone in ZONES.values():
        assert zone.key not in zone.neighbours
        for neighbour in zone.neighbours:
            assert neighbour not in AGGREGATES
            assert any(is_within(back, zone.key) for back in ZONES[neighbour].neighbours), (zone.key, neighbour)


def test_an_aggregate_faces_what_its_sub_zones_face() -> None:
    assert ZONES["IT"].neighbours == ("AT", "CH", "FR", "FR-COR", "GR", "ME", "MT", "SI")
    assert "IT-NO" in ZONES["FR"].neighbours
    assert "IT" not in ZONES["FR"].neighbours
    assert set(ZONES["IT-SIC"].neighbours) == {"IT-SO", "MT"}


def test_matching_of_a_sub_zone_with_its_aggregate() -> None:
    assert parent_of("IT-NO") == "IT"
    assert parent_of("IT") is None
    assert parent_of("nowhere") is None
    assert is_within("IT-NO", "IT")
    assert is_within("IT", "IT")
    assert not is_within("IT", "IT-NO")
    assert not is_within("IT-NO", "FR")


def test_the_file_is_sorted_and_says_each_link_once() -> None:
    text = resources.files("gridpulse_contract").joinpath("zones.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    links: list[list[str]] = document["links"]
    assert links == sorted(links)
    assert all(one < other for one, other in links)
    assert len({tuple(link) for link in links}) == len(links)
    assert list(document["zones"]) == sorted(document["zones"])
