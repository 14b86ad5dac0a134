"""The arguments of `gridpulse`."""

import argparse
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from importlib.metadata import version
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from gridpulse.choices import GRANULARITIES, METRICS, ORDERS, RESOLUTIONS, SIGNALS, VARIANTS
from gridpulse.client import DEFAULT_URL

__all__ = ["parse_arguments"]

_EPILOG: Final = f"""\
environment:
  GRIDPULSE_URL      address of the query API, where --url says nothing (default: {DEFAULT_URL})
  GRIDPULSE_API_KEY  API key, where the API asks for one

exit codes:
    0  done
    1  the API refused (a zone, a parameter, the key), or a file can't be written, or a library is missing
    2  an argument or a variable can't be right
   75  the API can't be reached or is busy, also after some tries: the same command can succeed later
  130  stopped by Ctrl-C; 143 by SIGTERM

Times are in UTC. A missing number is a dash in tables, empty in CSV, null elsewhere; it is never 0.
"""
_LIST_FORMATS: Final = ("table", "csv", "json", "parquet")


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """What is to be done; exits with 2 and a sentence where that can't be understood."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    form: str = arguments.format
    if form == "parquet" and arguments.output is None:
        parser.error("--format parquet is for a file: say which with --output.")
    if arguments.tz is not None and form not in ("table", "text"):
        parser.error(f"--tz is for people; {form} has its times in UTC.")
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gridpulse",
        description="What is produced, consumed and exchanged in a zone, and how much carbon is in it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version("gridpulse-client"))
    parser.set_defaults(tz=None, output=None)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add = commands.add_parser

    latest = _command(add, "latest", "the newest row of a zone", ("table", "json"))
    _add_zone(latest)
    _add_signal(latest)
    _add_series(latest)
    _add_tz(latest)

    ranged = _command(add, "range", "the rows of a zone from one time to another, or their roll-ups", _LIST_FORMATS)
    _add_zone(ranged)
    _add_signal(ranged)
    ranged.add_argument("--start", type=_instant, help=f"first instant, inclusive; {_INSTANT_FORM}")
    ranged.add_argument("--end", type=_instant, help="instant before which to end (default: now)")
    _add_series(ranged)
    ranged.add_argument("--resolution", choices=RESOLUTIONS, help="roll up to hours, days or months")
    ranged.add_argument(
        "--local",
        action="store_const",
        const="local",
        help="with --resolution: the zone's own hours, days and months, not those of UTC",
    )
    ranged.add_argument("--as-of", type=_instant, help="what the source had said by then, before its later revisions")
    _add_tz(ranged)
    _add_output(ranged)

    watch = _command(add, "watch", "a zone as it changes, until Ctrl-C", ("text", "json"))
    watch.description = (
        "Prints the newest row of each signal, then every row that is new or revised; as JSON one object a line. A "
        "connection that is lost is made again."
    )
    _add_zone(watch)
    watch.add_argument("--signal", choices=SIGNALS, help="only this one")
    _add_series(watch)
    watch.add_argument("--count", type=_count, metavar="N", help="end after N rows")
    _add_tz(watch)

    forecast = _command(add, "forecast", "the carbon intensity that is expected in a zone", _LIST_FORMATS)
    _add_zone(forecast)
    forecast.add_argument("--issued-at", type=_instant, help="the forecast issued then (default: the newest)")
    forecast.add_argument("--as-of", type=_instant, help="the newest that had been issued by then")
    _add_series(forecast)
    _add_tz(forecast)
    _add_output(forecast)

    best = _command(add, "best-window", "the greenest time for something that takes a while", ("table", "json"))
    _add_zone(best)
    best.add_argument("--duration", type=_duration, required=True, help=f"how long it takes, {_DURATION_FORM}")
    best.add_argument("--within", type=_duration, help="how long after --earliest it has to be done (default: 24h)")
    best.add_argument("--earliest", type=_instant, help="when it can begin (default: now)")
    best.add_argument("--latest", type=_instant, help="when it has to be done, instead of --within")
    best.add_argument("--max-age-hours", type=float, help="a forecast issued longer ago will not do (default: 6)")
    _add_series(best)
    _add_tz(best)

    zones = _command(add, "zones", "every zone that the API knows by name", _LIST_FORMATS)
    _add_output(zones)

    ranking = _command(add, "ranking", "the zones in the order of their newest number", _LIST_FORMATS)
    ranking.add_argument("--metric", choices=METRICS, default=METRICS[0], help=f"default: {METRICS[0]}")
    ranking.add_argument("--zones", type=_zones, default=(), help="only these, comma separated")
    ranking.add_argument("--order", choices=ORDERS, help="default: what is greener first, more power first")
    ranking.add_argument("--max-age-hours", type=float, help="what is older gets no rank")
    _add_series(ranking)
    _add_tz(ranking)
    _add_output(ranking)
    return parser


def _command(
    add: Callable[..., argparse.ArgumentParser], name: str, what: str, formats: Sequence[str]
) -> argparse.ArgumentParser:
    command = add(name, help=what, description=f"Shows {what}.")
    command.add_argument("--format", choices=formats, default=formats[0], help=f"default: {formats[0]}")
    command.add_argument("--url", help="address of the query API (default: GRIDPULSE_URL)")
    return command


def _add_zone(command: argparse.ArgumentParser) -> None:
    command.add_argument("zone", metavar="ZONE", help="key of a zone, like DE or IT-NO; `gridpulse zones` lists them")


def _add_signal(command: argparse.ArgumentParser) -> None:
    command.add_argument("--signal", choices=SIGNALS, default=SIGNALS[0], help=f"default: {SIGNALS[0]}")


def _add_series(command: argparse.ArgumentParser) -> None:
    command.add_argument("--granularity", choices=GRANULARITIES, help="width of the source's rows (default: hourly)")
    command.add_argument(
        "--variant", choices=VARIANTS, help="emission factors of the carbon intensity (default: lifecycle)"
    )


def _add_tz(command: argparse.ArgumentParser) -> None:
    command.add_argument("--tz", type=_tz, help="show times on this clock, like Europe/Berlin (default: UTC)")


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="write a file, whole or not at all (default: standard output)"
    )


_INSTANT_FORM: Final = "like 2026-01-31T13:00Z, or 2026-01-31, which is when that day begins in UTC"


def _instant(text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    try:
        instant = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 instant, {_INSTANT_FORM}") from None
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} does not say its offset from UTC, {_INSTANT_FORM}")
    return instant


_DURATION_FORM: Final = "like 3h, 90m, 1d12h or PT3H"
_DURATION: Final = re.compile(r"P?(?:([0-9]{1,4})D)?T?(?:([0-9]{1,4})H)?(?:([0-9]{1,5})M)?")


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text.upper())
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    duration = timedelta(days=days, hours=hours, minutes=minutes)
    if not duration:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration {_DURATION_FORM}")
    return duration


def _tz(text: str) -> tzinfo:
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # not found is a KeyError, a folder of the database an OSError
        raise argparse.ArgumentTypeError(f"{text!r} is not a time zone like Europe/Berlin") from None


def _zones(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)
