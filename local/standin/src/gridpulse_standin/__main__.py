"""Runs the stand-in: `python -m gridpulse_standin`, with settings from GRIDPULSE_STANDIN_*."""

import signal
import sys

import uvicorn

from gridpulse_standin.app import create_app
from gridpulse_standin.settings import StandinSettings
from gridpulse_standin.standin import Standin


def main() -> int:
    """Serve until SIGTERM or SIGINT, finish the answers under way, return the exit code."""
    settings = StandinSettings()
    config = uvicorn.Config(
        create_app(Standin.build(settings)),
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        date_header=False,  # the answers carry the virtual time
        timeout_graceful_shutdown=5,
    )
    # uvicorn raises the signal again once it has shut down, for the handlers that were there before its own.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    uvicorn.Server(config).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
