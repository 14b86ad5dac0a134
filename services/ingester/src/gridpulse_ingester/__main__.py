"""The ingester's command line: reads the settings once, wires the parts, maps errors to sentences and exit codes."""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from gridpulse_contract.models import DeadLetter, Reason, Signal
from gridpulse_contract.normalise import SourceRequest
from gridpulse_contract.zones import load_zones
from gridpulse_ingester.backfill import Backfill
from gridpulse_ingester.daemon import Daemon
from gridpulse_ingester.errors import ConfigurationError, IngesterError
from gridpulse_ingester.kafka import open_consumer, open_producer
from gridpulse_ingester.metrics import Metrics
from gridpulse_ingester.once import poll_once
from gridpulse_ingester.poller import Polls, requests_of
from gridpulse_ingester.publisher import AcknowledgedIds, Publisher, recall_acknowledged
from gridpulse_ingester.redrive import redrive
from gridpulse_ingester.settings import ZONE_PATTERN, IngesterSettings
from gridpulse_ingester.source import Source, open_client
from gridpulse_ingester.tokens import Tokens, load_tokens
from gridpulse_ingester.windows import Progress
from gridpulse_servicekit.lifecycle import StopSignal, drain
from gridpulse_servicekit.logs import configure_logging
from gridpulse_servicekit.settings import ServiceSettingsError

_log = structlog.stdlib.get_logger("gridpulse_ingester")

EXIT_FAILED = 1
EXIT_CONFIGURATION = 2


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gridpulse_ingester",
        description="Collects power breakdown and carbon intensity from the Electricity Maps API into Kafka.",
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
    backfill.add_argument("--start", type=_instant, required=True, help="first instant, with its offset from UTC")
    backfill.add_argument("--end", type=_instant, required=True, help="instant before which to end, with its offset")
    backfill.add_argument("--zones", type=_zones, default=(), help="some of the configured zones, comma separated")
    backfill.add_argument("--signals", type=_signals, default=(), help="some of the signals, comma separated")
    backfill.add_argument(
        "--state", type=Path, help="JSON file of finished windows, written as they finish: makes it resumable"
    )
    redriving = commands.add_parser("redrive", help="put dead letters through the current parser again")
    redriving.add_argument("--since", type=_instant, help="only those appended since this instant (default: all)")
    redriving.add_argument("--dry-run", action="store_true", help="count, and publish nothing")
    redriving.add_argument(
        "--reason", action="append", type=Reason, choices=list(Reason), default=[], help="only these; repeatable"
    )
    return parser


@dataclass(frozen=True)
class _Kit:
    settings: IngesterSettings
    tokens: Tokens
    zones: tuple[str, ...]
    stop: StopSignal


@asynccontextmanager
async def _open_publisher(kit: _Kit, metrics: Metrics) -> AsyncGenerator[Publisher]:
    settings = kit.settings
    producer = await open_producer(settings)
    try:
        acknowledged = AcknowledgedIds(settings.acknowledged_memory)
        await recall_acknowledged(settings, acknowledged)
        yield Publisher(producer, acknowledged, metrics, settings.delivery_deadline_seconds)
    finally:
        await drain(producer.stop(), settings.drain_deadline_seconds)


def _report(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


async def _run(kit: _Kit) -> int:
    await Daemon(kit.settings, kit.tokens, requests_of(kit.settings, kit.zones), kit.stop).run()
    return 0


async def _run_once(kit: _Kit) -> int:
    metrics = Metrics()
    requests = requests_of(kit.settings, kit.zones)
    async with open_client(kit.settings) as client, _open_publisher(kit, metrics) as publisher:
        polls = Polls(Source(client, kit.settings, kit.tokens, metrics, kit.stop), kit.settings)
        await polls.learn_access(requests)
        summary = await poll_once(requests, polls, publisher, kit.settings.concurrency, kit.stop)
    _report([summary.line()])
    return summary.exit_code


async def _backfill(kit: _Kit, arguments: argparse.Namespace) -> int:
    start: datetime = arguments.start
    end: datetime = arguments.end
    if start >= end:
        raise ConfigurationError("--start has to be before --end.")
    requests = _chosen(kit, arguments)
    progress = Progress(arguments.state)
    metrics = Metrics()
    async with open_client(kit.settings) as client, _open_publisher(kit, metrics) as publisher:
        source = Source(client, kit.settings, kit.tokens, metrics, kit.stop)
        backfill = Backfill(source, publisher, progress, kit.stop, _say, accept_sandbox=kit.settings.accept_sandbox)
        try:
            summary = await backfill.run(requests, start, end, kit.settings.concurrency)
        finally:
            _report(backfill.summary.lines())
    return summary.exit_code


def _chosen(kit: _Kit, arguments: argparse.Namespace) -> tuple[SourceRequest, ...]:
    zones: tuple[str, ...] = arguments.zones or kit.zones
    for zone in zones:
        kit.tokens.token(zone)
    signals: tuple[Signal, ...] = arguments.signals or kit.settings.signals
    return requests_of(kit.settings.model_copy(update={"signals": signals}), zones)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


async def _redrive(kit: _Kit, arguments: argparse.Namespace) -> int:
    settings = kit.settings

    async def drive(publisher: Publisher | None) -> int:
        async with open_consumer(settings, [DeadLetter.topic]) as consumer:
            summary = await redrive(
                consumer,
                publisher,
                kit.stop,
                since=arguments.since,
                reasons=arguments.reason,
                accept_sandbox=settings.accept_sandbox,
                stall_seconds=settings.broker_deadline_seconds,
            )
        _report(summary.lines())
        return summary.exit_code

    if arguments.dry_run:
        return await drive(None)
    async with _open_publisher(kit, Metrics()) as publisher:
        return await drive(publisher)


async def _main(settings: IngesterSettings, arguments: argparse.Namespace) -> int:
    stop = StopSignal()
    stop.install()
    if arguments.command == "redrive":
        return await _redrive(_Kit(settings, Tokens(), (), stop), arguments)
    tokens, zones = load_tokens(settings)
    if unknown := sorted(set(zones) - load_zones().keys()):
        _log.warning("zones that the reference does not know: polled all the same", zones=unknown)
    kit = _Kit(settings, tokens, zones, stop)
    if arguments.command == "backfill":
        return await _backfill(kit, arguments)
    return await (_run_once(kit) if arguments.once else _run(kit))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        settings = IngesterSettings.load()
        configure_logging(settings.log_level, settings.log_format)
        _log.info("starting", command=arguments.command, settings=settings.for_log())
        return asyncio.run(_main(settings, arguments))
    except (ServiceSettingsError, ConfigurationError) as error:
        _say(str(error))
        return EXIT_CONFIGURATION
    except (IngesterError, OSError) as error:
        _say(f"{type(error).__name__}: {error}")
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
