"""The API's answers for people: tables and lines. No I/O."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from gridpulse.listing import Document

__all__ = [
    "best_window_table",
    "forecast_table",
    "latest_tables",
    "line_of",
    "number",
    "range_table",
    "ranking_table",
    "time_of",
    "zones_table",
]

_MISSING: Final = "–"


class _Number(NamedTuple):
    member: str
    heading: str
    unit: str
    decimals: int = 0


_NUMBERS: Final[Mapping[str, Sequence[_Number]]] = {
    "power-breakdown": (
        _Number("production_total_mw", "produced", "MW"),
        _Number("consumption_total_mw", "consumed", "MW"),
        _Number("net_import_mw", "net import", "MW"),
        _Number("renewable_percent", "renewable", "%", 1),
        _Number("fossil_free_percent", "fossil free", "%", 1),
    ),
    "carbon-intensity": (_Number("carbon_intensity_gco2eq_per_kwh", "carbon", "gCO2eq/kWh"),),
}
_COVERAGE: Final = _Number("coverage_percent", "coverage", "%", 1)
_ENERGIES: Final = (
    _Number("production_total_mwh", "produced", "MWh"),
    _Number("consumption_total_mwh", "consumed", "MWh"),
)
_MODE_COLUMNS: Final = (
    _Number("production_mw", "produced", "MW"),
    _Number("production_share_percent", "share", "%", 1),
    _Number("consumption_mw", "consumed", "MW"),
    _Number("consumption_share_percent", "share", "%", 1),
)


def number(value: float | None, decimals: int = 0) -> str:
    """As people read it: thousands apart, what is missing as a dash, and never a minus before a zero."""
    if value is None:
        return _MISSING
    return f"{round(value, decimals) + 0.0:,.{decimals}f}"


def time_of(text: str | None, clock: tzinfo) -> str:
    """The API's instant on a clock, to the minute."""
    if text is None:
        return _MISSING
    return datetime.fromisoformat(text).astimezone(clock).strftime("%Y-%m-%d %H:%M")


def range_table(document: Document, signal: str, clock: tzinfo | None) -> Table:
    """Rows, or roll-ups, which are shown on their own clock unless another is asked for."""
    if clock is None:
        clock = ZoneInfo(document["timezone"]) if "timezone" in document else UTC
    numbers = list(_NUMBERS[signal])
    if "resolution" in document:
        numbers = [_COVERAGE, *numbers, *(_ENERGIES if signal == "power-breakdown" else ())]
    table = _table(_title(document, signal), document)
    _add_columns(table, f"time ({clock})", "kind")
    _add_numbers(table, numbers)
    for row in document["data"]:
        _add_row(table, time_of(row["at"], clock), row["kind"] or _MISSING, *_shown(row, numbers))
    return table


def latest_tables(row: Document, signal: str, clock: tzinfo | None) -> list[Table]:
    """One row in full: what it says as a whole, then by mode where it does."""
    clock = clock or UTC
    whole = _table(_title(row, signal), row)
    _add_columns(whole, "")
    whole.add_column(Text(""), justify="right")
    _add_row(whole, f"time ({clock})", time_of(row["at"], clock))
    _add_row(whole, "began", f"{_age(row['age_seconds'])} ago")
    _add_row(whole, "kind", row["kind"])
    for shown in _NUMBERS[signal]:
        _add_row(whole, shown.heading, _with_unit(row, shown))
    if signal != "power-breakdown":
        return [whole]
    modes = _table(None, {})
    _add_columns(modes, "mode")
    _add_numbers(modes, _MODE_COLUMNS)
    for mode in row["production_mw"]:
        values = [row[shown.member].get(mode) for shown in _MODE_COLUMNS]
        if any(value is not None for value in values):
            pairs = zip(values, _MODE_COLUMNS, strict=True)
            _add_row(modes, mode.replace("_", " "), *(number(value, shown.decimals) for value, shown in pairs))
    return [whole, modes]


def forecast_table(document: Document, clock: tzinfo | None) -> Table:
    """What is expected, by interval."""
    clock = clock or UTC
    numbers = _NUMBERS["carbon-intensity"]
    table = _table(
        f"{_title(document, 'expected carbon intensity')}, issued {time_of(document['issued_at'], clock)}", document
    )
    _add_columns(table, f"time ({clock})")
    _add_numbers(table, numbers)
    for row in document["data"]:
        _add_row(table, time_of(row["at"], clock), *_shown(row, numbers))
    return table


def best_window_table(best: Document, clock: tzinfo | None) -> Table:
    """When it is greenest, and what that saves."""
    clock = clock or UTC
    table = _table(f"{_title(best, 'best window')}, {best['duration'].removeprefix('PT')}", best)
    _add_columns(table, "")
    table.add_column(Text(""), justify="right")
    for heading, member in (("begin", "start"), ("done", "end")):
        _add_row(table, f"{heading} ({clock})", time_of(best[member], clock))
    for shown in (
        _Number("mean_gco2eq_per_kwh", "expected then", "gCO2eq/kWh"),
        _Number("soonest_mean_gco2eq_per_kwh", "expected at the earliest", "gCO2eq/kWh"),
        _Number("span_mean_gco2eq_per_kwh", "expected on average", "gCO2eq/kWh"),
        _Number("saved_percent", "saved by waiting", "%", 1),
    ):
        _add_row(table, shown.heading, _with_unit(best, shown))
    _add_row(table, "forecast issued", f"{_age(best['age_seconds'])} ago")
    return table


def zones_table(document: Document) -> Table:
    """The reference of zones."""
    table = _table(None, document)
    _add_columns(table, "zone", "name", "country", "time zone", "part of")
    for zone in document["data"]:
        _add_row(table, *(zone[name] or "" for name in ("key", "name", "country", "timezone", "parent")))
    return table


def ranking_table(document: Document, clock: tzinfo | None) -> Table:
    """Zones by their newest number."""
    clock = clock or UTC
    table = _table(f"{document['metric'].replace('_', ' ')}, {document['unit']}", document)
    table.add_column(Text("rank"), justify="right")
    _add_columns(table, "zone", "name")
    table.add_column(Text(document["unit"]), justify="right")
    _add_columns(table, "kind", f"time ({clock})")
    for zone in document["data"]:
        rank, name, kind = (str(zone[member] or _MISSING) for member in ("rank", "name", "kind"))
        value = number(zone["value"], 1 if document["unit"] == "%" else 0)
        _add_row(table, rank, zone["zone"], name, value, kind, time_of(zone["at"], clock))
    return table


def line_of(signal: str, row: Document, clock: tzinfo | None) -> str:
    """A row of a stream on one line."""
    clock = clock or UTC
    numbers = [f"{shown.heading} {_with_unit(row, shown)}" for shown in _NUMBERS.get(signal, ())]
    when = f"{time_of(row.get('at'), clock)} {clock}"
    return "  ".join([when, signal, str(row.get("kind") or _MISSING), ", ".join(numbers)])


def _title(document: Document, signal: str) -> str:
    details = [str(document[name]) for name in ("granularity", "variant") if name in document]
    if "resolution" in document:
        details.append(f"by {document['resolution']}")
    return f"{document['zone']} {signal.replace('-', ' ')}, {', '.join(details)}"


def _table(title: str | None, document: Document) -> Table:
    source = document.get("attribution")
    return Table(title=title and Text(title), caption=Text(f"Source: {source}") if source else None)


def _add_columns(table: Table, *headings: str) -> None:
    for heading in headings:
        table.add_column(Text(heading), no_wrap=True)


def _add_numbers(table: Table, numbers: Sequence[_Number]) -> None:
    for shown in numbers:
        table.add_column(Text(f"{shown.heading}\n{shown.unit}"), justify="right")


def _shown(row: Document, numbers: Sequence[_Number]) -> list[str]:
    return [number(row[shown.member], shown.decimals) for shown in numbers]


def _with_unit(row: Document, shown: _Number) -> str:
    value: float | None = row.get(shown.member)
    return _MISSING if value is None else f"{number(value, shown.decimals)} {shown.unit}"


def _add_row(table: Table, *cells: str) -> None:
    table.add_row(*map(Text, cells))  # as it is: in a str, rich looks for markup


def _age(seconds: int) -> str:
    for width, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * width:
            return f"{seconds // width} {unit}"
    return f"{seconds} s"
