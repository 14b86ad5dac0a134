"""The command `gridpulse`: reads the environment once, wires the parts, maps errors to sentences and exit codes."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Self

from rich.console import Console
from rich.table import Table
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from gridpulse.arguments import parse_arguments
from gridpulse.client import DEFAULT_URL, Client
from gridpulse.errors import BusyError, GridPulseError, UnreachableError
from gridpulse.files import whole_file
from gridpulse.listing import Document, Listing
from gridpulse.showing import (
    best_window_table,
    forecast_table,
    latest_tables,
    line_of,
    range_table,
    ranking_table,
    zones_table,
)
from gridpulse.watching import Event

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_LATER: Final = 75
EXIT_INTERRUPTED: Final = 128 + signal.SIGINT
EXIT_TERMINATED: Final = 128 + signal.SIGTERM
_WIDTH_OF_FILES: Final = 160


@dataclass(frozen=True)
class Settings:
    """What the environment says."""

    url: str
    api_key: str | None = field(repr=False)

    @classmethod
    def load(cls, environment: Mapping[str, str]) -> Self:
        """An empty variable is none."""
        key = environment.get("GRIDPULSE_API_KEY", "").strip()
        return cls(environment.get("GRIDPULSE_URL", "").strip() or DEFAULT_URL, key or None)


def _latest(client: Client, arguments: argparse.Namespace) -> None:
    row = client.latest(arguments.zone, arguments.signal, granularity=arguments.granularity, variant=arguments.variant)
    if arguments.format == "json":
        _write([_json(row)])
    else:
        _show(latest_tables(row, arguments.signal, arguments.tz))


def _range(client: Client, arguments: argparse.Namespace) -> None:
    listing = client.range(
        arguments.zone,
        arguments.signal,
        start=arguments.start,
        end=arguments.end,
        granularity=arguments.granularity,
        variant=arguments.variant,
        resolution=arguments.resolution,
        timezone=arguments.local,
        as_of=arguments.as_of,
    )
    _deliver(listing, arguments, lambda document: range_table(document, arguments.signal, arguments.tz))


def _forecast(client: Client, arguments: argparse.Namespace) -> None:
    listing = client.forecast(
        arguments.zone,
        issued_at=arguments.issued_at,
        as_of=arguments.as_of,
        granularity=arguments.granularity,
        variant=arguments.variant,
    )
    _deliver(listing, arguments, lambda document: forecast_table(document, arguments.tz))


def _best_window(client: Client, arguments: argparse.Namespace) -> None:
    best = client.best_window(
        arguments.zone,
        arguments.duration,
        within=arguments.within,
        earliest=arguments.earliest,
        latest=arguments.latest,
        granularity=arguments.granularity,
        variant=arguments.variant,
        max_age_hours=arguments.max_age_hours,
    )
    if arguments.format == "json":
        _write([_json(best)])
    else:
        _show([best_window_table(best, arguments.tz)])


def _zones(client: Client, arguments: argparse.Namespace) -> None:
    _deliver(client.zones(), arguments, zones_table)


def _ranking(client: Client, arguments: argparse.Namespace) -> None:
    listing = client.ranking(
        arguments.metric,
        zones=arguments.zones,
        order=arguments.order,
        granularity=arguments.granularity,
        variant=arguments.variant,
        max_age_hours=arguments.max_age_hours,
    )
    _deliver(listing, arguments, lambda document: ranking_table(document, arguments.tz))


def _watch(client: Client, arguments: argparse.Namespace) -> None:
    def text(event: Event) -> bytes:
        if arguments.format == "json":
            return _json({"signal": event.signal, **event.row})
        return f"{line_of(event.signal, event.row, arguments.tz)}\n".encode()

    with closing(client.watch(arguments.zone, granularity=arguments.granularity, variant=arguments.variant)) as events:
        chosen = (event for event in events if arguments.signal in (None, event.signal))
        for event in islice(chosen, arguments.count):
            _write([text(event)])


_COMMANDS: Final[Mapping[str, Callable[[Client, argparse.Namespace], None]]] = {
    "latest": _latest,
    "range": _range,
    "watch": _watch,
    "forecast": _forecast,
    "best-window": _best_window,
    "zones": _zones,
    "ranking": _ranking,
}


def _deliver(listing: Listing, arguments: argparse.Namespace, table_of: Callable[[Document], Table]) -> None:
    """Put the list out in the form and to the place that are asked for."""
    form: str = arguments.format
    if form == "parquet":
        listing.parquet(arguments.output)
    elif form == "table":
        if arguments.output is None:
            _show([table_of(listing.document())])
        else:
            with whole_file(arguments.output) as file:
                file.write(_plain([table_of(listing.document())]))
    else:
        pieces = listing.csv() if form == "csv" else (_json(document) for document in [listing.document()])
        if arguments.output is None:
            _write(pieces)
        else:
            with whole_file(arguments.output) as file:
                file.writelines(pieces)


def _json(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def _show(tables: Sequence[Table]) -> None:
    if sys.stdout.isatty():
        Console().print(*tables, sep="\n")
    else:
        _write([_plain(tables)])


def _plain(tables: Sequence[Table]) -> bytes:
    """As text for a file or another program, whatever the width of the terminal."""
    console = Console(width=_WIDTH_OF_FILES, color_system=None)
    with console.capture() as captured:
        console.print(*tables, sep="\n")
    return captured.get().encode()


def _write(pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def _say(line: str) -> None:
    sys.stderr.write(f"gridpulse: {line}\n")
    sys.stderr.flush()


def _say_retry(details: RetryDetails) -> None:
    _say(f"{details.caused_by} Trying again in {details.wait_for:.1f} s.")


def _terminate(*_: Any) -> None:
    sys.exit(EXIT_TERMINATED)  # what is half written goes


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = parse_arguments(argv)
    settings = Settings.load(os.environ)
    signal.signal(signal.SIGTERM, _terminate)
    set_on_retry_hooks([_say_retry])
    try:
        client = Client(arguments.url or settings.url, api_key=settings.api_key)
    except ValueError as error:
        _say(str(error))
        return EXIT_USAGE
    try:
        with client:
            _COMMANDS[arguments.command](client, arguments)
    except (BusyError, UnreachableError) as error:
        _say(str(error))
        return EXIT_LATER
    except BrokenPipeError:  # whoever reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # where the interpreter's last flush goes
        return EXIT_FAILED
    except (GridPulseError, OSError) as error:
        _say(str(error))
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
