"""The ingester's arguments."""

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from gridpulse_contract.models import Reason, Signal
from gridpulse_ingester.settings import ZONE_PATTERN, IngesterSettings

__all__ = ["parse_arguments"]

_MAX_DAYS: Final = 366  # what the query API answers at once


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 instant, like 2026-01-31T00:00Z") from None
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} does not say its offset from UTC, like 2026-01-31T00:00Z")
    return instant


def _zones(text: str) -> tuple[str, ...]:
    zones = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for zone in zones:
        if not ZONE_PATTERN.fullmatch(zone):
            raise argparse.ArgumentTypeError(f"{zone!r} is not a zone key: capitals, digits and hyphens, like IT-NO")
    return zones


def _signals(text: str) -> tuple[Signal, ...]:
    try:
        return tuple(Signal(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}: known are {', '.join(Signal)}") from None


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """What is to be done; exits with 2 and a sentence where that can't be understood."""
    return _parser().parse_args(argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gridpulse_ingester",
        description="Collects power breakdown, carbon intensity and its forecasts from the Electricity Maps API into "
        "Kafka.",
        epilog="Settings come from the environment:\n" + IngesterSettings.describe(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="poll until stopped (or once) and publish what is new")
    run.add_argument(
        "--once",
        action="store_true",
        help="poll everything once and exit: 0 when all is in Kafka, 1 when a zone failed; a summary goes to stdout",
    )
    backfill = commands.add_parser(
        "backfill",
        help="read a span of the past through past-range",
        description="Reads [start, end) in windows that the API allows. Exits 0 when all is in Kafka, 75 when it was "
        "interrupted, 1 when a window failed or a key has no past-range, 2 when an argument or setting is wrong.",
    )
    _add_span(backfill)
    _add_series(backfill)
    backfill.add_argument(
        "--state", type=Path, help="JSON file of finished windows, written as they finish: makes it resumable"
    )
    fresh = commands.add_parser("check-fresh", help="ask the query API whether the data of every zone are fresh")
    fresh.add_argument("--max-age-hours", type=float, default=6, help="age of the newest row's start (default: 6)")
    ranged = commands.add_parser("check-range", help="ask the query API whether the data of a span are there")
    _add_span(ranged)
    ranged.add_argument("--min-percent", type=float, default=90, help="of the span's rows (default: 90)")
    for checking in (fresh, ranged):
        checking.description = "Exits 0 when it is so, 1 with a line for every zone and signal of which it is not."
        _add_query_api(checking)
        _add_series(checking)
        checking.add_argument("--wait-seconds", type=float, default=120, help="for it to become so (default: 120)")
    _add_repair(commands.add_parser)
    redriving = commands.add_parser("redrive", help="put dead letters through the current parser again")
    redriving.add_argument("--since", type=_instant, help="only those appended since this instant (default: all)")
    redriving.add_argument("--dry-run", action="store_true", help="count, and publish nothing")
    redriving.add_argument(
        "--reason", action="append", type=Reason, choices=list(Reason), default=[], help="only these; repeatable"
    )
    return parser


def _add_repair(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    repair = add_parser(
        "repair",
        help="find the hours that the query API lacks, and fetch them through past-range",
        description="Compares the hours of the last days with those that the query API serves, by zone, signal and "
        "variant, and fetches what is missing in few requests. Running it again is harmless. Exits 0 when all is in "
        "Kafka that the source and the keys' plans offer (the summary says what they do not), 75 when it was "
        "interrupted, 1 when a window failed or the query API can not be asked, 2 when an argument or setting is "
        "wrong. What it fetched is in the API as soon as the stream has written it.",
    )
    _add_query_api(repair)
    repair.add_argument("--days", type=_days, default=30, help="how far back to look for gaps (default: 30)")
    repair.add_argument("--end", type=_instant, help="instant before which to look (default: 3 hours ago)")
    repair.add_argument(
        "--refresh",
        type=_distances,
        default=(),
        metavar="DAYS",
        help="also fetch the days (UTC) so many days before the end, for revisions: 7,30,90 are when the source "
        "refetches its own",
    )
    _add_series(repair)


def _add_span(command: argparse.ArgumentParser) -> None:
    command.add_argument("--start", type=_instant, required=True, help="first instant, with its offset from UTC")
    command.add_argument("--end", type=_instant, required=True, help="instant before which to end, with its offset")


def _add_series(command: argparse.ArgumentParser) -> None:
    command.add_argument("--zones", type=_zones, default=(), help="some of the configured zones, comma separated")
    command.add_argument("--signals", type=_signals, default=(), help="some of the signals, comma separated")


def _add_query_api(command: argparse.ArgumentParser) -> None:
    command.add_argument("--query-api-url", type=_url, required=True, help="for example http://127.0.0.1:8000")


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} is not an address like http://127.0.0.1:8000")
    return text


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 1 to {_MAX_DAYS}")
    return int(text)


def _distances(text: str) -> tuple[int, ...]:
    return tuple(_days(part.strip()) for part in text.split(",") if part.strip())
