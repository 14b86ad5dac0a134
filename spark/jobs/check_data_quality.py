"""Looks whether every zone has got its verdicts on a day: see `gridpulse_spark.checks.quality`.

Settings: GRIDPULSE_DATA_QUALITY_* (`gridpulse_spark.quality.settings`). Exit codes: 0 it has, 1 it has not, 2 wrong
settings or arguments.
"""

import argparse
import logging
import sys
from datetime import date
from functools import partial

from gridpulse_spark.checks.quality import check_verdicts
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.reader import Lake
from gridpulse_spark.program import run_program
from gridpulse_spark.quality.facts import JUDGED
from gridpulse_spark.quality.settings import DataQualitySettings
from gridpulse_spark.session import open_session
from gridpulse_spark.sinks import connector_conf
from gridpulse_spark.stores import BY_KEY_CONF


def main(day: date) -> None:
    """Wire the check and run it."""
    settings = DataQualitySettings()  # pyright: ignore[reportCallIssue] - the environment gives what has no default
    conf = {**connector_conf(settings), **BY_KEY_CONF, **settings.spark_conf}
    with open_session("check-data-quality", jars_dir=settings.jars_dir, conf=conf) as session:
        Lake(session, LakeFiles(session, settings.lake_location)).register_views(JUDGED)
        zones = check_verdicts(session, day, settings.keyspace)
    logging.getLogger(__name__).info("%d zones have all verdicts on %s", zones, day)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Look whether every zone has got its verdicts on a day.")
    parser.add_argument("--day", metavar="DATE", type=date.fromisoformat, required=True, help="for example 2026-11-24")
    sys.exit(run_program(partial(main, parser.parse_args().day)))
