"""Streams events from Kafka into Cassandra until it is asked to stop: see `gridpulse_spark.streaming`.

Settings: GRIDPULSE_STREAMING_* (`gridpulse_spark.settings`). Exit codes: 0 stopped as asked, 1 failed (restart it: it
goes on from its checkpoint), 2 wrong settings (`gridpulse_spark.program`).
"""

import logging
import sys
import threading

from prometheus_client import CollectorRegistry, start_http_server

from gridpulse_spark.checkpoint import checkpoint_path, hold_checkpoint
from gridpulse_spark.monitoring import ProgressListener, StreamingMetrics
from gridpulse_spark.program import obey_signals, run_program
from gridpulse_spark.session import open_session
from gridpulse_spark.settings import StreamingSettings
from gridpulse_spark.streaming import CHECKPOINT_VERSION, JOB, run_queries, spark_conf


def main() -> None:
    """Wire the job and run it."""
    settings = StreamingSettings()  # pyright: ignore[reportCallIssue] - the environment gives what has no default
    logging.getLogger(__name__).info("settings: %s", settings)
    should_stop = threading.Event()
    obey_signals(should_stop)
    registry = CollectorRegistry()
    listener = ProgressListener(StreamingMetrics(registry))
    checkpoint = checkpoint_path(settings.checkpoint_location, JOB, CHECKPOINT_VERSION)
    with (
        hold_checkpoint(checkpoint, settings.checkpoint_wait_seconds) as lock,
        open_session(JOB, jars_dir=settings.jars_dir, conf=spark_conf(settings), keep_open=lock) as session,
    ):
        obey_signals(should_stop)
        session.streams.addListener(listener)
        server, _ = start_http_server(settings.metrics_port, settings.metrics_host, registry)
        try:
            run_queries(session, settings, checkpoint, should_stop)
        finally:
            server.shutdown()


if __name__ == "__main__":
    sys.exit(run_program(main))
