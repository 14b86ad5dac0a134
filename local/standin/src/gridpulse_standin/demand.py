"""Demand of a zone by hour, weekday and season, as people there live it: in local time."""

from datetime import UTC, datetime
from typing import Final

from gridpulse_standin.fleet import PowerSystem

__all__ = ["DemandModel"]

# Share of the day's mean at each local hour: the shape of a European working day, night valley and evening peak.
_HOURS: Final = (
    *(0.83, 0.79, 0.77, 0.76, 0.77, 0.82, 0.91, 1.01, 1.07, 1.09, 1.09, 1.10),
    *(1.10, 1.08, 1.06, 1.05, 1.07, 1.12, 1.16, 1.17, 1.13, 1.06, 0.98, 0.90),
)
_WEEKDAYS: Final = (1.01, 1.03, 1.04, 1.04, 1.02, 0.93, 0.88)  # Monday first


class DemandModel:
    """Demand of one zone in MW."""

    def __init__(self, system: PowerSystem) -> None:
        self._mean_mw = system.mean_demand_mw
        self._timezone = system.timezone
        by_latitude = min(max(0.012 * (system.latitude - 38), 0.02), 0.27)  # heating in the dark
        self._winter_share = by_latitude if system.winter_share is None else system.winter_share
        self._summer_share = min(max(0.02 * (45 - system.latitude), 0.0), 0.16)  # cooling in the heat

    def at(self, instant_s: float, *, winter: float, warmth: float) -> float:
        """Demand at a Unix time, in the given season (1 = mid January, -1 = mid July) and warmth (deviations)."""
        local = datetime.fromtimestamp(instant_s, UTC).astimezone(self._timezone)
        into_hour = (local.minute * 60 + local.second) / 3600 - 0.5  # the table's values stand at half past
        neighbour = local.hour + (1 if into_hour >= 0 else -1)
        weight = abs(into_hour)
        hour = _HOURS[local.hour] * (1 - weight) + _HOURS[neighbour % 24] * weight
        season = 1 + self._winter_share * winter + self._summer_share * max(-winter, 0.0) ** 2
        weather = 1 - 0.12 * warmth * (self._winter_share * max(winter, 0.0) - self._summer_share * max(-winter, 0.0))
        return self._mean_mw * hour * self._weekday(local) * season * weather

    @staticmethod
    def _weekday(local: datetime) -> float:
        """The weekday's share, sliding from one day's to the next in the four hours around midnight."""
        today, hours = local.weekday(), local.hour + local.minute / 60
        if hours < 2:
            other, weight = (today - 1) % 7, 0.5 - hours / 4
        elif hours > 22:
            other, weight = (today + 1) % 7, (hours - 22) / 4
        else:
            other, weight = today, 0.0
        return _WEEKDAYS[today] * (1 - weight) + _WEEKDAYS[other] * weight
