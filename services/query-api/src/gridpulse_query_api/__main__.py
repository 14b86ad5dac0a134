"""`python -m gridpulse_query_api`: serve until SIGTERM or SIGINT, then end within seconds; or make an API key."""

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Final

import structlog
import uvloop

from gridpulse_contract.zones import load_zones
from gridpulse_query_api.app import create_app
from gridpulse_query_api.directory import ZoneDirectory
from gridpulse_query_api.keys import InvalidKeysError, make_key
from gridpulse_query_api.keys_file import KeysFile
from gridpulse_query_api.metrics import Metrics
from gridpulse_query_api.reading import Reading
from gridpulse_query_api.repository import Repository, probe, statements
from gridpulse_query_api.settings import QueryApiSettings
from gridpulse_query_api.store import CassandraStore
from gridpulse_query_api.streams import StreamHub
from gridpulse_servicekit.lifecycle import Heartbeat, StopSignal
from gridpulse_servicekit.logs import configure_logging
from gridpulse_servicekit.operations import serve
from gridpulse_servicekit.settings import ServiceSettingsError

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger(__name__)
_BEAT_SECONDS: Final = 1.0
_STUCK_SECONDS: Final = 15.0


def main() -> int:
    """Run the command line. Returns the exit code: 0 after an orderly end, 2 where settings or arguments are wrong."""
    arguments = _parser().parse_args()
    try:
        if arguments.command == "make-key":
            print_key(arguments.name, arguments.requests_per_minute)
            return 0
        settings = QueryApiSettings.load()
        metrics = Metrics()
        path = settings.api_keys_file
        keys = KeysFile(path, settings.api_keys_requests_per_minute, metrics) if path else None
    except (ServiceSettingsError, InvalidKeysError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure_logging(settings.log_level, settings.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(settings, metrics, keys))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gridpulse_query_api",
        description=__doc__,
        epilog="Settings, from the environment:\n" + QueryApiSettings.describe(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", title="commands (none: serve)")
    making = commands.add_parser("make-key", help="print a new API key and its entry for the file of keys")
    making.add_argument("name", help="who will use it: in the file, in metrics and in refusals")
    making.add_argument("--requests-per-minute", type=int, metavar="N", help="its own limit (default: the setting's)")
    return parser


def print_key(name: str, requests_per_minute: int | None) -> None:
    """Make a key and print it with its entry as JSON. Raises InvalidKeysError."""
    made = make_key(name, requests_per_minute)
    sys.stderr.write("`key` is for the client, and is kept nowhere; `entry` is for the list `keys` of the file.\n")
    sys.stdout.write(json.dumps(made._asdict(), indent=2) + "\n")


async def run(settings: QueryApiSettings, metrics: Metrics, keys: KeysFile | None) -> None:
    """Serve until the process is asked to stop. Cassandra may come, go and come back meanwhile."""
    _log.info("starting", settings=settings.for_log())
    stop = StopSignal()
    stop.install()
    heartbeat = Heartbeat(_STUCK_SECONDS)
    store = CassandraStore(settings, statements(settings.keyspace), probe(settings.keyspace), metrics)
    reading = Reading(
        Repository(store, settings.keyspace),
        ZoneDirectory(load_zones()),
        lambda: datetime.now(UTC),
        settings.attribution,
    )
    hub = StreamHub(settings.stream_period_seconds, settings.max_streams, metrics)
    app = create_app(reading, metrics, heartbeat, store.missing, hub, keys, settings.page_directory)
    async with store.open(), serve(app, settings.host, settings.port) as port:
        _log.info("serving", host=settings.host, port=port)
        heartbeat.beat("event loop")
        while not await stop.sleep(_BEAT_SECONDS):
            heartbeat.beat("event loop")
            if keys is not None:
                keys.refresh()
        heartbeat.end("event loop")
        hub.close()
        _log.info("stopping")
    _log.info("stopped")


if __name__ == "__main__":
    sys.exit(main())
