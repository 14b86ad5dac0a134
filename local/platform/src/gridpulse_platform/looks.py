"""A first look at what the batch jobs have made."""

import json
import math
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from gridpulse_platform.bigquery import BigQueryStandIn
from gridpulse_platform.errors import PlatformError
from gridpulse_schema import Session

__all__ = ["daily_energy", "lake_hours", "newest_day", "require_lake", "warehouse_tables"]

_FLOWS: Final = ("production", "consumption", "import", "export")
_MANIFESTS: Final = "signal=*/append_date=*/append_hour=*/_manifest.json"


def newest_day(lake: Path) -> date | None:
    """The last day (UTC) on which something was appended that the lake has; None where there is no lake."""
    return max((date.fromisoformat(manifest["hour"][:10]) for manifest in _manifests(lake)), default=None)


def require_lake(lake: Path) -> date:
    """`newest_day`. Raises PlatformError where there is no lake."""
    day = newest_day(lake)
    if day is None:
        raise PlatformError(f"There is no lake in {lake} yet: `make archive` makes it.")
    return day


def lake_hours(lake: Path) -> Table:
    """Of each signal, what its manifests say."""
    table = _table("What is in the lake", "signal", "first hour (UTC)", "last hour (UTC)", "messages", "kB")
    by_signal: dict[str, list[dict[str, Any]]] = {}
    for manifest in _manifests(lake):
        by_signal.setdefault(manifest["signal"], []).append(manifest)
    for signal, manifests in sorted(by_signal.items()):
        hours = sorted(str(manifest["hour"])[:13].replace("T", " ") for manifest in manifests)
        files = [offsets for manifest in manifests for offsets in manifest["partitions"].values()]
        messages = sum(offsets["end"] - offsets["start"] for offsets in files)
        size_kb = sum(offsets["size_bytes"] for offsets in files) / 1000
        table.add_row(signal, hours[0], hours[-1], f"{messages:,}", f"{size_kb:,.0f}")
    return table


def daily_energy(session: Session, keyspace: str, zones: Sequence[str], day: date) -> Table:
    """Of each zone, the totals of one day by the calendar of UTC."""
    table = _table(f"Energy of {day} (UTC), MWh", "zone", *_FLOWS, "coverage %")
    select = (
        f"SELECT flow, mode, energy_mwh, coverage_percent FROM {keyspace}.power_daily "  # noqa: S608 - a name of ours
        "WHERE zone = %s AND calendar = 'utc' AND year = %s AND day = %s"
    )
    for zone in zones:
        rows: list[Any] = list(session.execute(select, (zone, day.year, day)))
        totals = {row.flow: row for row in rows if row.mode == "total"}
        if totals:
            energy = [_shown(totals[flow].energy_mwh if flow in totals else math.nan) for flow in _FLOWS]
            table.add_row(zone, *energy, f"{min(row.coverage_percent for row in totals.values()):.0f}")
    return table


def warehouse_tables(bigquery: BigQueryStandIn, dataset: str) -> Table:
    """Every table and its number of rows."""
    table = _table("What is in the warehouse", "table", "rows")
    names = bigquery.ask(f"SELECT table_name FROM {dataset}.INFORMATION_SCHEMA.TABLES ORDER BY table_name")  # noqa: S608
    for (name,) in names:
        ((count,),) = bigquery.ask(f"SELECT COUNT(*) FROM {dataset}.{name}")  # noqa: S608 - a name of its own
        table.add_row(name, f"{int(count):,}")
    return table


def _manifests(lake: Path) -> Iterator[dict[str, Any]]:
    for path in lake.glob(_MANIFESTS):
        yield json.loads(path.read_text(encoding="utf-8"))


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table


def _shown(number: float) -> str:
    return "–" if math.isnan(number) else f"{number:,.0f}"
