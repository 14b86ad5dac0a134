"""`python -m gridpulse_platform`: run the platform, or a batch job on its data, or wipe them."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Final

from pydantic import ValidationError
from rich.console import Console

from gridpulse_platform.airflow import AirflowRunner
from gridpulse_platform.batch import BatchRunner
from gridpulse_platform.errors import PlatformError
from gridpulse_platform.home import wipe
from gridpulse_platform.notebook import open_notebook
from gridpulse_platform.progress import Progress
from gridpulse_platform.run import Runner
from gridpulse_platform.settings import PlatformSettings
from gridpulse_schema import SchemaError
from gridpulse_servicekit.settings import ServiceSettingsError, sentences

_EXIT_FAILED: Final = 1
_EXIT_SETTINGS: Final = 2
_LOG_WIDTH: Final = 120


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gridpulse_platform",
        description="The whole platform on this machine, on loopback.",
        epilog="Settings, from the environment:\n" + PlatformSettings.describe(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything; Ctrl-C stops it and keeps the data")
    run.add_argument("--once", action="store_true", help="stop as soon as data of all zones are readable")
    airflow = commands.add_parser("airflow", help="Airflow with every DAG, beside a run or with a platform of its own")
    airflow.add_argument("--once", action="store_true", help="run every DAG once, show what became of it, and stop")
    for starting in (run, airflow):
        starting.add_argument("--zones", help="zones to collect, comma separated")
    commands.add_parser("archive", help="Kafka's messages so far to the Parquet lake")
    commands.add_parser("analytics", help="the lake's answers in Spark SQL, to Parquet and to Cassandra")
    warehouse = commands.add_parser("warehouse", help="Cassandra to a stand-in for BigQuery, subtables included")
    warehouse.add_argument("--serve", action="store_true", help="then let it answer queries until Ctrl-C")
    commands.add_parser("notebook", help="JupyterLab on the lake that archive has made")
    commands.add_parser("clean-data", help="remove all data and logs, and keep the packages")
    return parser


def _stop_asked() -> Callable[[], bool]:
    """From now on SIGINT and SIGTERM ask for an orderly end, and the result tells whether one of them came."""
    asked = threading.Event()

    def ask(_: int, __: FrameType | None) -> None:
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return asked.is_set


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit code: 0 done or stopped as asked, 1 failed, 2 wrong settings."""
    given = _parser().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else _LOG_WIDTH)
    logging.basicConfig(level=logging.CRITICAL)  # the libraries' complaints about what has not come up yet
    try:
        settings = PlatformSettings.load()
        if given.command == "clean-data":
            wipe(settings.home.absolute())
            return 0
        if given.command == "notebook":
            open_notebook(settings)
        progress = Progress(console, _stop_asked())
        if given.command in ("run", "airflow"):
            if given.zones:
                settings = PlatformSettings(zones=given.zones)
            runner = Runner(settings, progress) if given.command == "run" else AirflowRunner(settings, progress)
            runner.run(once=given.once)
            return 0
        batch = BatchRunner(settings, progress)
        if given.command == "archive":
            batch.archive()
        elif given.command == "analytics":
            batch.analytics()
        else:
            batch.warehouse(serve=given.serve)
    except ServiceSettingsError as error:
        sys.stderr.write(f"{error}\n")
        return _EXIT_SETTINGS
    except ValidationError as error:
        sys.stderr.write("\n".join(sentences(error)) + "\n")
        return _EXIT_SETTINGS
    except (PlatformError, SchemaError) as error:
        sys.stderr.write(f"{error}\n")
        return _EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
