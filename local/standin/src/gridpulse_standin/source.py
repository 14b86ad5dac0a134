"""What the source says: rows as the JSON that the API sends, by zone, time and revision.

Everything is a pure function of the seed, so a row that was served once can be written again byte for byte.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from gridpulse_contract.models import Granularity, Signal, format_instant
from gridpulse_contract.modes import MODES, SOURCE_NAME_BY_MODE
from gridpulse_standin.chance import draws
from gridpulse_standin.grid import Grid
from gridpulse_standin.mixes import estimation, flows, mix
from gridpulse_standin.revisions import WIDTH, Content, Revision, RevisionPlan, floor
from gridpulse_standin.values import DIRECT_FACTORS, LIFECYCLE_FACTORS, Reading, read

__all__ = ["Query", "Row", "RowKey", "Source", "Version", "compact"]

_MODE_NAMES: Final = tuple(SOURCE_NAME_BY_MODE[mode] for mode in MODES)
_FACTORS: Final = {"lifecycle": LIFECYCLE_FACTORS, "direct": DIRECT_FACTORS}
_FORECAST_SPREAD: Final = 0.4  # a day ahead, up to half of it either way
_READINGS_KEPT: Final = 8_192
_ROWS_KEPT: Final = 16_384


class Version(StrEnum):
    """Version of the API."""

    V3 = "v3"
    V4 = "v4"


class Query(NamedTuple):
    """What kind of rows are asked for. `variant` is the emission factor type of a carbon intensity, the breakdown type
    of an electricity mix, else empty."""

    signal: Signal
    zone: str
    granularity: Granularity
    variant: str
    flow_traced: bool = True


class RowKey(NamedTuple):
    """Which row in which of its revisions."""

    query: Query
    at: datetime
    updated_at: datetime


class Row(NamedTuple):
    """A row and its JSON text."""

    key: RowKey
    text: str


def compact(document: object) -> str:
    """JSON as the API writes it."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


class Source:
    """All rows of all zones at any virtual time."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._grid = Grid(seed)
        self.revisions = RevisionPlan(seed)
        self._reading = lru_cache(_READINGS_KEPT)(self._read)
        self._text = lru_cache(_ROWS_KEPT)(self._write)

    def current(self, query: Query, at: datetime, version: Version, now: datetime) -> Row | None:
        """The row that starts at `at` as it stands at `now`; None before the source has said anything about it."""
        revision = self.revisions.current(query.zone, at, query.granularity, now)
        return None if revision is None else self._row(query, at, revision, version)

    def newest(self, query: Query, now: datetime, *, estimates: bool = True) -> datetime:
        """Start of the newest row; without estimates, of the newest measured one."""
        return self.revisions.newest(query.zone, query.granularity, now, estimates=estimates)

    def between(
        self, query: Query, start: datetime, end: datetime, version: Version, now: datetime, *, estimates: bool = True
    ) -> Iterator[Row]:
        """Rows that start in [start, end) in order of time; without estimates, the measured ones alone."""
        width = WIDTH[query.granularity]
        at = floor(start, query.granularity)
        end = min(end, self.newest(query, now) + width)
        if at < start:
            at += width
        while at < end:
            revision = self.revisions.current(query.zone, at, query.granularity, now)
            if revision is not None and (estimates or not revision.is_estimated):
                yield self._row(query, at, revision, version)
            at += width

    def served(self, key: RowKey, version: Version = Version.V3) -> str:
        """The JSON of a row in a revision that it has or had. Raises KeyError where it never had it."""
        for revision in self.revisions.of(key.query.zone, key.at, key.query.granularity):
            if revision.updated_at == key.updated_at:
                return self._text(key.query, key.at, revision, version)
        raise KeyError(key)

    def forecast(self, query: Query, now: datetime, horizon_hours: int) -> tuple[datetime, list[dict[str, Any]]]:
        """When the forecast was made, and carbon intensities from the present hour to the horizon, both ends in it."""
        made_at = floor(now, Granularity.HOURLY) + timedelta(minutes=34, seconds=24, milliseconds=392)
        if made_at > now:
            made_at -= timedelta(hours=1)
        start = floor(now, query.granularity)
        rows: list[dict[str, Any]] = []
        width = WIDTH[query.granularity]
        for step in range(horizon_hours * (timedelta(hours=1) // width) + 1):
            at = start + step * width
            reading = self._reading(query.zone, at, query.granularity, Content.MEASURED)
            chance = draws(self._seed, "forecast", query.zone, made_at, at)[0]
            value = reading.carbon_intensity(_FACTORS[query.variant]) or 0
            # By how far ahead it is of the issue, not of now: whoever asks again gets the same forecast.
            lead_hours = max(0.0, (at - made_at) / timedelta(hours=1))
            error = 1 + (2 * chance - 1) * _FORECAST_SPREAD * lead_hours / (lead_hours + 24)
            rows.append({"carbonIntensity": round(value * error), "datetime": format_instant(at)})
        return made_at, rows

    def _row(self, query: Query, at: datetime, revision: Revision, version: Version) -> Row:
        key = RowKey(query, at, revision.updated_at)
        return Row(key, self._text(query, at, revision, version))

    def _read(self, zone: str, at: datetime, granularity: Granularity, content: Content) -> Reading:
        middle = at + WIDTH[granularity] / 2
        chances = draws(self._seed, "content", zone, at.timestamp(), granularity, content)
        return read(self._grid.balance(zone, int(middle.timestamp())), content, chances)

    def _write(self, query: Query, at: datetime, revision: Revision, version: Version) -> str:
        reading = self._reading(query.zone, at, query.granularity, revision.content)
        # About 71 hours before the row: recorded so, and no publication time.
        early = draws(self._seed, "created", query.zone, at.timestamp())[0]
        created_at = at - timedelta(hours=71, minutes=9) - timedelta(milliseconds=int(early * 240_000))
        instants = {
            "datetime": format_instant(at),
            "updatedAt": format_instant(revision.updated_at),
            "createdAt": format_instant(created_at),
        }
        kind_said = {"isEstimated": revision.is_estimated, "estimationMethod": revision.estimation_method}
        if query.signal is Signal.POWER_BREAKDOWN:
            return compact({"zone": query.zone, **instants, **_power(reading), **kind_said})
        if query.signal in (Signal.ELECTRICITY_MIX, Signal.ELECTRICITY_FLOWS):
            del instants["createdAt"]
            return compact({**instants, **self._of_v4(query, at, revision, reading)})
        value = reading.carbon_intensity(_FACTORS[query.variant], flow_traced=query.flow_traced)
        kind: dict[str, Any] = {"emissionFactorType": query.variant}
        if version is Version.V4:
            kind["flowTraced"] = query.flow_traced
        return compact({"zone": query.zone, "carbonIntensity": value, **instants, **kind, **kind_said})

    def _of_v4(self, query: Query, at: datetime, revision: Revision, reading: Reading) -> dict[str, Any]:
        if query.signal is Signal.ELECTRICITY_FLOWS:
            return dict(flows(reading))
        chances = draws(self._seed, "decimals", query.zone, at.timestamp(), query.variant)
        said = {"breakdownType": query.variant, "mix": mix(reading, query.variant, chances)}
        return {**estimation(revision), **said}


def _power(reading: Reading) -> dict[str, Any]:
    return {
        "powerConsumptionBreakdown": dict(zip(_MODE_NAMES, reading.consumption, strict=True)),
        "powerProductionBreakdown": dict(zip(_MODE_NAMES, reading.production, strict=True)),
        "powerImportBreakdown": reading.imports,
        "powerExportBreakdown": reading.exports,
        "fossilFreePercentage": reading.fossil_free_percent,
        "renewablePercentage": reading.renewable_percent,
        "powerConsumptionTotal": reading.consumption_total,
        "powerProductionTotal": reading.production_total,
        "powerImportTotal": reading.import_total,
        "powerExportTotal": reading.export_total,
    }
