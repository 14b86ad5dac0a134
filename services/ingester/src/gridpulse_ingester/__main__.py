"""The ingester's command line: reads the settings once, wires the parts, maps errors to sentences and exit codes."""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from gridpulse_contract.models import DeadLetter, Granularity, Signal
from gridpulse_contract.normalise import SourceRequest
from gridpulse_contract.signals import SIGNALS
from gridpulse_contract.zones import load_zones
from gridpulse_ingester.arguments import parse_arguments
from gridpulse_ingester.backfill import Backfill, BackfillSummary
from gridpulse_ingester.checking import check_fresh, check_range
from gridpulse_ingester.daemon import Daemon
from gridpulse_ingester.errors import ConfigurationError, IngesterError
from gridpulse_ingester.gaps import HOUR, days_before
from gridpulse_ingester.kafka import open_consumer, open_producer
from gridpulse_ingester.metrics import Metrics
from gridpulse_ingester.once import poll_once
from gridpulse_ingester.poller import Polls, requests_of
from gridpulse_ingester.publisher import AcknowledgedIds, Publisher, recall_acknowledged
from gridpulse_ingester.redrive import redrive
from gridpulse_ingester.repair import Repair, find_gaps
from gridpulse_ingester.served import QueryApi
from gridpulse_ingester.settings import IngesterSettings
from gridpulse_ingester.source import Source, Window, open_client
from gridpulse_ingester.tokens import Tokens, load_tokens
from gridpulse_ingester.windows import Progress
from gridpulse_servicekit.lifecycle import StopSignal, drain
from gridpulse_servicekit.logs import configure_logging
from gridpulse_servicekit.settings import ServiceSettingsError

_log = structlog.stdlib.get_logger("gridpulse_ingester")

EXIT_FAILED = 1
EXIT_CONFIGURATION = 2
_SETTLED_AFTER = 3 * HOUR  # younger hours are still on their way to the store


@dataclass(frozen=True)
class _Kit:
    settings: IngesterSettings
    tokens: Tokens
    zones: tuple[str, ...]
    stop: StopSignal


@asynccontextmanager
async def _open_publisher(kit: _Kit, metrics: Metrics, *, recall: bool = True) -> AsyncGenerator[Publisher]:
    """`recall`: leave out what Kafka has already."""
    settings = kit.settings
    producer = await open_producer(settings)
    try:
        acknowledged = AcknowledgedIds(settings.acknowledged_memory)
        if recall:
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
    requests = _of_the_past(_chosen(kit, arguments), arguments)
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


async def _check(kit: _Kit, arguments: argparse.Namespace) -> int:
    requests = _of_the_past(_chosen(kit, arguments), arguments)
    wait = timedelta(seconds=arguments.wait_seconds)
    async with open_client(kit.settings) as client:
        query_api = QueryApi(client, arguments.query_api_url, kit.settings)
        if arguments.command == "check-fresh":
            max_age = timedelta(hours=arguments.max_age_hours)
            problems = await check_fresh(query_api, requests, kit.stop, max_age=max_age, wait=wait)
        else:
            span = {"start": arguments.start, "end": arguments.end, "min_percent": arguments.min_percent}
            problems = await check_range(query_api, requests, kit.stop, **span, wait=wait)
    _report(problems or [f"{arguments.command}: well, all {len(requests)} series"])
    return EXIT_FAILED if problems else 0


async def _repair(kit: _Kit, arguments: argparse.Namespace) -> int:
    settings = kit.settings
    series = _of_the_past(_chosen(kit, arguments), arguments)
    requests = tuple(request for request in series if request.granularity is Granularity.HOURLY)
    if not requests:
        raise ConfigurationError("repair is about hourly rows: add hourly to GRIDPULSE_INGESTER_GRANULARITIES.")
    end: datetime = arguments.end or datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - _SETTLED_AFTER
    window = Window(end - timedelta(days=arguments.days), end)
    async with open_client(settings) as asking:
        query_api = QueryApi(asking, arguments.query_api_url, settings)
        gaps = await find_gaps(query_api, requests, window, settings.concurrency, kit.stop, _say)
    repair = Repair(window, requests, gaps, days_before(end, arguments.refresh))
    summary = BackfillSummary(interrupted=kit.stop.is_set())
    if (plan := repair.plan()) and not summary.interrupted:
        metrics = Metrics()
        async with open_client(settings) as client, _open_publisher(kit, metrics, recall=False) as publisher:
            source = Source(client, settings, kit.tokens, metrics, kit.stop)
            backfill = Backfill(
                source,
                publisher,
                Progress(None),
                kit.stop,
                _say,
                accept_sandbox=settings.accept_sandbox,
                answered=repair.answered,
            )
            summary = backfill.summary
            try:
                await backfill.read(plan, settings.concurrency)
            finally:
                _report(repair.lines(summary))
    else:
        _report(repair.lines(summary))
    return repair.exit_code(summary)


def _chosen(kit: _Kit, arguments: argparse.Namespace) -> tuple[SourceRequest, ...]:
    zones: tuple[str, ...] = arguments.zones or kit.zones
    for zone in zones:
        kit.tokens.token(zone)
    signals: tuple[Signal, ...] = arguments.signals or kit.settings.signals
    if later := kit.settings.later_signals(signals):
        raise ConfigurationError(f"{', '.join(later)}: not in {kit.settings.api_version} of the API.")
    return requests_of(kit.settings.model_copy(update={"signals": signals}), zones)


def _of_the_past(requests: tuple[SourceRequest, ...], arguments: argparse.Namespace) -> tuple[SourceRequest, ...]:
    """Without forecasts: the source gives out the one that it issued last, and none of before."""
    found = tuple(request for request in requests if not SIGNALS[request.signal].is_forecast)
    sentence = f"{arguments.command} leaves forecasts out: the source has none but the newest."
    if not found:
        raise ConfigurationError(sentence)
    if arguments.signals and len(found) < len(requests):
        _say(sentence)
    return found


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
    if arguments.command.startswith("check-"):
        return await _check(kit, arguments)
    if arguments.command == "repair":
        return await _repair(kit, arguments)
    return await (_run_once(kit) if arguments.once else _run(kit))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = parse_arguments(argv)
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
