"""Looks through the query API whether the data have arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

__all__ = ["DataWatch", "ReadableZone"]

_TIMEOUT_SECONDS: Final = 5.0
_SIGNALS: Final = ("power-breakdown", "carbon-intensity")
_MAX_ROWS: Final = 2500


@dataclass(frozen=True)
class ReadableZone:
    """The newest row of each signal of a zone, as the query API gives it."""

    zone: str
    power_breakdown: dict[str, Any]
    carbon_intensity: dict[str, Any]
    best_window: dict[str, Any]
    """The greenest three hours of the next 24; empty where no forecast has come yet, which is not waited for."""


class DataWatch:
    """Watches until both signals of all `zones` can be read, and every hour of `window` where one is given."""

    def __init__(self, url: str, zones: Sequence[str], window: tuple[datetime, datetime] | None) -> None:
        self._zones = tuple(zones)
        self._window = window
        self._found: dict[str, ReadableZone] = {}
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False)

    def look(self) -> list[ReadableZone]:
        """The zones that are readable by now; those found before are not asked for again."""
        for zone in self._zones:
            if zone in self._found:
                continue
            power, carbon = (self._get(f"/v1/zones/{zone}/{signal}/latest", {}) for signal in _SIGNALS)
            if power and carbon and all(self._is_complete(zone, signal) for signal in _SIGNALS):
                best_window = self._get(f"/v1/zones/{zone}/best-window", {"duration": "PT3H", "within": "PT24H"})
                self._found[zone] = ReadableZone(zone, power, carbon, best_window)
        return [self._found[zone] for zone in self._zones if zone in self._found]

    def missing(self) -> list[str]:
        """The zones that are not readable yet."""
        return [zone for zone in self._zones if zone not in self._found]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _is_complete(self, zone: str, signal: str) -> bool:
        if self._window is None:
            return True
        start, end = self._window
        parameters = {"start": start.isoformat(), "end": end.isoformat(), "limit": str(_MAX_ROWS)}
        rows: list[Any] = self._get(f"/v1/zones/{zone}/{signal}", parameters).get("data", [])
        return len(rows) >= (end - start).total_seconds() / 3600

    def _get(self, path: str, parameters: dict[str, str]) -> dict[str, Any]:
        """The answer's document; empty where there is none yet."""
        try:
            answer = self._client.get(path, params=parameters)
        except httpx.TransportError:
            return {}
        return answer.json() if answer.status_code == 200 else {}
