"""The state of the whole grid at an instant: what every zone makes, uses and trades.

Demand and weather give each zone what it needs from its plants, the merit order gives a price, and power flows over
each interconnector towards the higher price until the prices meet or the line is full. One flow is one number, so two
neighbours always agree on it. Everything is whole MW, so sums hold exactly, for aggregates as well.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from gridpulse_contract.modes import MODES
from gridpulse_contract.zones import is_within, load_zones
from gridpulse_standin.chance import draws
from gridpulse_standin.demand import DemandModel
from gridpulse_standin.fleet import PowerSystem, load_fleet
from gridpulse_standin.merit import DISPATCHED_MODES, MeritOrder
from gridpulse_standin.weather import Sky, Weather

__all__ = ["Balance", "Grid"]

_SWEEPS: Final = 6
_DAY_S: Final = 86_400.0
_WIND, _SOLAR, _UNKNOWN = MODES.index("wind"), MODES.index("solar"), MODES.index("unknown")
_DISPATCHED: Final = tuple(MODES.index(mode) for mode in DISPATCHED_MODES)
_TEXTURE_PERIODS_S: Final = (23 * 60.0, 71 * 60.0)
_INSTANTS_KEPT: Final = 1024


@dataclass(frozen=True)
class Balance:
    """One zone at one instant, in whole MW.

    `production` is by MODES, None where the zone does not report the mode, negative where storage charges. `imports`
    and `exports` hold every neighbour, 0 on the side where nothing flows, and are empty where there is no neighbour.
    `imported` is by MODES too: what the imports are made of.
    """

    production: tuple[int | None, ...]
    imports: Mapping[str, int]
    exports: Mapping[str, int]
    imported: tuple[float, ...]


class _Node:
    """A zone that is not an aggregate, with all that does not depend on time worked out."""

    def __init__(self, seed: int, index: int, system: PowerSystem, weather: Weather) -> None:
        self.index = index
        self.key = system.key
        self.capacity = tuple(system.capacity_mw.get(mode, 0.0) for mode in MODES)
        self.reported = tuple(mode in system.capacity_mw for mode in MODES)
        self.merit = MeritOrder(system.capacity_mw, system.mean_demand_mw)
        self.demand = DemandModel(system)
        self.place = weather.place(system.latitude, system.longitude)
        self.texture_phases = [math.tau * share for share in draws(seed, "texture", system.key)]
        self.nuclear_mw = system.capacity_mw.get("nuclear", 0.0)
        self.hydro_mw = system.capacity_mw.get("hydro", 0.0)
        self.river_share = system.river_share


class _Wire(NamedTuple):
    number: int
    one: int
    other: int
    limit_mw: float
    slope_one_mw: float
    slope_other_mw: float
    stiffness_mw: float  # MW of flow that closes a price difference of 1
    texture_phase: float


@dataclass(frozen=True)
class _Instant:
    """What is solved for all zones at once; the plants' outputs follow zone by zone, when asked for."""

    needs_mw: tuple[float, ...]  # from the plants, after wind, sun and trade
    weather_mw: tuple[tuple[float, float, float, float], ...]  # wind, solar, extra nuclear, extra hydro
    flows_mw: tuple[int, ...]


class Grid:
    """Deterministic by seed; any instant can be asked for at any time, at the same cost."""

    def __init__(self, seed: int) -> None:
        fleet = load_fleet()
        self._weather = Weather(seed)
        self._nodes = [_Node(seed, index, system, self._weather) for index, system in enumerate(fleet.systems.values())]
        index_of = {node.key: node.index for node in self._nodes}
        self._wires: list[_Wire] = []
        for number, link in enumerate(fleet.links):
            one, other = index_of[link.one], index_of[link.other]
            slopes = self._nodes[one].merit.slope_mw, self._nodes[other].merit.slope_mw
            stiffness = 1 / (1 / slopes[0] + 1 / slopes[1])
            phase = math.tau * draws(seed, "flow", link.one, link.other)[0]
            self._wires.append(_Wire(number, one, other, link.capacity_mw, *slopes, stiffness, phase))
        self._members = {
            zone: [node.index for node in self._nodes if is_within(node.key, zone)] for zone in load_zones()
        }
        # Zone -> its interconnectors to other zones: (wire, +1 if a positive flow leaves the zone, neighbour's node)
        self._borders: dict[str, list[tuple[int, int, int]]] = {}
        for zone, members in self._members.items():
            inside = set(members)
            self._borders[zone] = [
                (wire.number, 1, wire.other) if wire.one in inside else (wire.number, -1, wire.one)
                for wire in self._wires
                if (wire.one in inside) != (wire.other in inside)
            ]
        self._instant = lru_cache(_INSTANTS_KEPT)(self._solve)
        self._production = lru_cache(_INSTANTS_KEPT * 16)(self._dispatch)

    def balance(self, zone: str, instant_s: int) -> Balance:
        """A zone of the reference, an aggregate or not, at a Unix time. Raises KeyError for an unknown zone."""
        flows = self._instant(instant_s).flows_mw
        imports: dict[str, int] = {}
        exports: dict[str, int] = {}
        imported = [0.0] * len(MODES)
        borders = self._borders[zone]
        for number, outward, neighbour in borders:
            flow, key = flows[number] * outward, self._nodes[neighbour].key
            exports[key] = exports.get(key, 0) + max(flow, 0)
            imports[key] = imports.get(key, 0) + max(-flow, 0)
            if flow < 0:
                made = [max(mw or 0, 0) for mw in self._production(neighbour, instant_s)]
                total = sum(made)
                if total == 0:
                    imported[_UNKNOWN] -= flow
                    continue
                for mode, mw in enumerate(made):
                    imported[mode] -= flow * mw / total
        order = sorted(imports, key=lambda key: ("-" in key, key))  # the source lists whole countries first
        return Balance(
            production=self._sum_production(self._members[zone], instant_s),
            imports={key: imports[key] for key in order},
            exports={key: exports[key] for key in order},
            imported=tuple(imported),
        )

    def _sum_production(self, members: list[int], instant_s: int) -> tuple[int | None, ...]:
        rows = [self._production(member, instant_s) for member in members]
        if len(rows) == 1:
            return rows[0]
        return tuple(
            None if all(mw is None for mw in column) else sum(mw for mw in column if mw is not None)
            for column in zip(*rows, strict=True)
        )

    def _solve(self, instant_s: int) -> _Instant:
        """Demand, weather and flows at one instant: Gauss-Seidel sweeps over the interconnectors."""
        sky = self._weather.sky(instant_s)
        spring_melt = math.cos(math.tau * (instant_s % (365.2425 * _DAY_S)) / (365.2425 * _DAY_S) - 2.3)
        given = [self._given(node, sky, spring_melt, instant_s) for node in self._nodes]
        needs: list[float] = []
        for node, weather in zip(self._nodes, given, strict=True):
            demand = node.demand.at(instant_s, winter=sky.winter, warmth=sky.warmth(node.place))
            needs.append(demand - sum(weather))
        flows = self._trade([node.merit.price(need) for node, need in zip(self._nodes, needs, strict=True)])
        whole: list[int] = []
        for flow, wire in zip(flows, self._wires, strict=True):
            limit = wire.limit_mw
            loop = 0.02 * min(limit, wire.stiffness_mw) * math.sin(math.tau * instant_s / 5000 + wire.texture_phase)
            mw = round(min(max(flow + loop, -limit), limit))
            whole.append(mw)
            needs[wire.one] += mw
            needs[wire.other] -= mw
        return _Instant(tuple(needs), tuple(given), tuple(whole))

    def _trade(self, prices: list[float]) -> list[float]:
        """Flow over each interconnector in MW, from the zones' prices without trade."""
        flows = [0.0] * len(self._wires)
        for _ in range(_SWEEPS):
            # Unpacked and without min and max: this loop is most of what an instant costs.
            for number, one, other, limit, slope_one, slope_other, stiffness, _phase in self._wires:
                old = flows[number]
                new = old + (prices[other] - prices[one]) * stiffness
                if new > limit:
                    new = limit
                elif new < -limit:
                    new = -limit
                flows[number] = new
                prices[one] += (new - old) / slope_one
                prices[other] -= (new - old) / slope_other
        return flows

    @staticmethod
    def _given(node: _Node, sky: Sky, spring_melt: float, instant_s: int) -> tuple[float, float, float, float]:
        """Wind, sun, and by how much nuclear and hydro run above their curves (refuelling in summer, spring melt)."""
        outage = math.sin(math.tau * instant_s / (17 * _DAY_S) + node.texture_phases[-1])
        return (
            node.capacity[_WIND] * sky.wind_share(node.place) if node.capacity[_WIND] else 0.0,
            node.capacity[_SOLAR] * sky.solar_share(node.place) if node.capacity[_SOLAR] else 0.0,
            node.nuclear_mw * (0.07 * sky.winter + 0.04 * outage),
            node.hydro_mw * (node.river_share + 0.05 * spring_melt),
        )

    def _dispatch(self, index: int, instant_s: int) -> tuple[int | None, ...]:
        """Production by MODES of one node."""
        node, instant = self._nodes[index], self._instant(instant_s)
        wind, solar, extra_nuclear, extra_hydro = instant.weather_mw[index]
        outputs = [0.0] * len(MODES)
        need = instant.needs_mw[index]
        for mode, mw in zip(_DISPATCHED, node.merit.dispatch(need), strict=True):
            outputs[mode] = mw
        outputs[MODES.index("nuclear")] += extra_nuclear
        outputs[MODES.index("hydro")] += extra_hydro
        surplus = max(node.merit.lowest_mw - need, 0.0)
        kept = 1 - min(surplus / (wind + solar), 0.98) if surplus and wind + solar else 1.0  # curtailment
        outputs[_WIND], outputs[_SOLAR] = wind * kept, solar * kept
        return tuple(
            round(mw * self._texture(node, mode, instant_s)) if reported else None
            for mode, (mw, reported) in enumerate(zip(outputs, node.reported, strict=True))
        )

    @staticmethod
    def _texture(node: _Node, mode: int, instant_s: int) -> float:
        """The fine structure of real plants: a factor near 1 that moves over minutes."""
        phase = node.texture_phases[mode]
        fast, slow = _TEXTURE_PERIODS_S
        return (
            1
            + 0.008 * math.sin(math.tau * instant_s / fast + phase)
            + 0.012 * math.sin(math.tau * instant_s / slow + 2.7 * phase)
        )
