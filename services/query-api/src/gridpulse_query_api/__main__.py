"""`python -m gridpulse_query_api`: serve until SIGTERM or SIGINT, then end within seconds."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from typing import Final

import structlog
import uvloop

from gridpulse_contract.zones import load_zones
from gridpulse_query_api.app import create_app
from gridpulse_query_api.directory import ZoneDirectory
from gridpulse_query_api.metrics import Metrics
from gridpulse_query_api.reading import Reading
from gridpulse_query_api.repository import Repository, probe, statements
from gridpulse_query_api.settings import QueryApiSettings
from gridpulse_query_api.store import CassandraStore
from gridpulse_servicekit.lifecycle import Heartbeat, StopSignal
from gridpulse_servicekit.logs import configure_logging
from gridpulse_servicekit.operations import serve
from gridpulse_servicekit.settings import ServiceSettingsError

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger(__name__)
_BEAT_SECONDS: Final = 1.0
_STUCK_SECONDS: Final = 15.0


def main() -> int:
    """Read the settings and serve. Returns the exit code: 0 after an orderly end, 2 where the settings are wrong."""
    argparse.ArgumentParser(
        prog="python -m gridpulse_query_api",
        description=__doc__,
        epilog="Settings, from the environment:\n" + QueryApiSettings.describe(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    try:
        settings = QueryApiSettings.load()
    except ServiceSettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure_logging(settings.log_level, settings.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(settings))
    return 0


async def run(settings: QueryApiSettings) -> None:
    """Serve until the process is asked to stop. Cassandra may come, go and come back meanwhile."""
    _log.info("starting", settings=settings.for_log())
    stop = StopSignal()
    stop.install()
    heartbeat = Heartbeat(_STUCK_SECONDS)
    metrics = Metrics()
    store = CassandraStore(settings, statements(settings.keyspace), probe(settings.keyspace), metrics)
    reading = Reading(
        Repository(store, settings.keyspace),
        ZoneDirectory(load_zones()),
        lambda: datetime.now(UTC),
        settings.attribution,
    )
    app = create_app(reading, metrics, heartbeat, store.missing)
    async with store.open(), serve(app, settings.host, settings.port) as port:
        _log.info("serving", host=settings.host, port=port)
        heartbeat.beat("event loop")
        while not await stop.sleep(_BEAT_SECONDS):
            heartbeat.beat("event loop")
        heartbeat.end("event loop")
        _log.info("stopping")
    _log.info("stopped")


if __name__ == "__main__":
    sys.exit(main())
