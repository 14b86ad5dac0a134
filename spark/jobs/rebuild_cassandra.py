"""Fills a Cassandra keyspace from the lake alone: see `gridpulse_spark.lake.rebuild`.

Make the keyspace first (`python -m gridpulse_schema migrate --keyspace NAME ...`); when it is filled, switch the
readers over by their keyspace setting. Settings: GRIDPULSE_REBUILD_* (`gridpulse_spark.settings`). Exit codes: 0 done,
1 failed (run it again: writing twice changes nothing) or the present parser refused rows, 2 wrong settings.
"""

import argparse
import logging
import sys
from functools import partial

from gridpulse_spark.errors import RefusedRowsError
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.reader import Lake
from gridpulse_spark.lake.rebuild import rebuild
from gridpulse_spark.program import run_program
from gridpulse_spark.session import open_session
from gridpulse_spark.settings import RebuildSettings
from gridpulse_spark.sinks import connector_conf
from gridpulse_spark.stores import check_tables
from gridpulse_spark.transforms.signals import TRANSFORMS

JOB = "rebuild-cassandra"


def parse_arguments() -> argparse.Namespace:
    """What to fill, and from what."""
    parser = argparse.ArgumentParser(description="Fill a Cassandra keyspace from the lake.")
    parser.add_argument("--keyspace", required=True, help="where to; it must have the tables, and be no one's yet")
    parser.add_argument(
        "--from-raw", action="store_true", help="normalise the source's rows again, by this program's parser"
    )
    return parser.parse_args()


def main(keyspace: str, *, from_raw: bool) -> None:
    """Wire the job and run it."""
    settings = RebuildSettings()  # pyright: ignore[reportCallIssue] - the environment gives what has no default
    conf = {**connector_conf(settings), **settings.spark_conf}
    with open_session(JOB, jars_dir=settings.jars_dir, conf=conf) as session:
        check_tables(session, keyspace, [table.name for transform in TRANSFORMS.values() for table in transform.tables])
        lake = Lake(session, LakeFiles(session, settings.lake_location))
        days = list(rebuild(session, lake, keyspace, from_raw=from_raw))
    events, refused = sum(day.events for day in days), sum(day.refused for day in days)
    logging.getLogger(__name__).info("%d events of %s are in %s", events, settings.lake_location, keyspace)
    if refused:
        raise RefusedRowsError(f"The parser refused {refused} rows of the lake; the log says why.")


if __name__ == "__main__":
    arguments = parse_arguments()
    sys.exit(run_program(partial(main, arguments.keyspace, from_raw=arguments.from_raw)))
