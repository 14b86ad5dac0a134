"""What every job's program does: log, obey signals, and end with an exit code that a supervisor can act on."""

import logging
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final

from pydantic import ValidationError

from gridpulse_spark.errors import ConfigurationError, SparkJobError

__all__ = ["EXIT_CONFIGURATION", "EXIT_FAILED", "EXIT_STOPPED", "obey_signals", "run_program"]

EXIT_STOPPED: Final = 0
EXIT_FAILED: Final = 1
EXIT_CONFIGURATION: Final = 2

_log = logging.getLogger(__name__)


def run_program(main: Callable[[], None]) -> int:
    """Run `main` and return the exit code.

    0: it was asked to stop, or done. 1: it failed; a restart may help and loses nothing. 2: its settings can't be
    right; a restart can't help.
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("py4j").setLevel(logging.WARNING)
    try:
        main()
    except (ConfigurationError, ValidationError) as error:
        _log.critical("%s", error)
        return EXIT_CONFIGURATION
    except SparkJobError as error:
        _log.critical("%s", error)
        return EXIT_FAILED
    except Exception:
        _log.critical("the job failed", exc_info=True)
        return EXIT_FAILED
    return EXIT_STOPPED


def obey_signals(should_stop: threading.Event) -> None:
    """Let SIGTERM and SIGINT set `should_stop`. Call it after Spark has started, which takes SIGINT for itself."""

    def handle(number: int, _frame: FrameType | None) -> None:
        _log.info("%s: stopping", signal.Signals(number).name)
        should_stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
