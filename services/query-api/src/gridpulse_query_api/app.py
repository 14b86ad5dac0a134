"""The application: routes, problems, probes and metrics put together."""

from pathlib import Path

from fastapi import FastAPI

from gridpulse_query_api.authentication import AuthenticationMiddleware
from gridpulse_query_api.keys_file import KeysFile
from gridpulse_query_api.measuring import MeasuringMiddleware
from gridpulse_query_api.metrics import Metrics
from gridpulse_query_api.problems import install_problems
from gridpulse_query_api.reading import Reading
from gridpulse_query_api.routes.carbon import add_carbon
from gridpulse_query_api.routes.daily import add_daily
from gridpulse_query_api.routes.docs import add_docs
from gridpulse_query_api.routes.documented import install_openapi
from gridpulse_query_api.routes.forecasts import add_forecasts
from gridpulse_query_api.routes.mixes import add_mixes
from gridpulse_query_api.routes.page import add_page
from gridpulse_query_api.routes.power import add_power
from gridpulse_query_api.routes.side_by_side import add_side_by_side
from gridpulse_query_api.routes.stream import add_stream
from gridpulse_query_api.routes.zones import add_zones
from gridpulse_query_api.streams import StreamHub
from gridpulse_servicekit.lifecycle import Heartbeat
from gridpulse_servicekit.operations import ReadinessCheck, operations_routes

__all__ = ["create_app"]

_DESCRIPTION = """\
Power breakdown and carbon intensity of electricity zones, with every revision that the source made of them, and what
carbon intensity is expected.

Times are instants with an offset (`2026-01-31T13:00:00Z`); ranges include their start and exclude their end. Power is
mean power over an interval in MW, energy is in MWh, carbon intensity in gCO2eq/kWh. A missing number is `null`, never
0. `kind` tells measured values from estimated ones, `updated_at` is when the source made the revision.
"""


def create_app(
    reading: Reading,
    metrics: Metrics,
    heartbeat: Heartbeat,
    missing: ReadinessCheck,
    hub: StreamHub,
    keys: KeysFile | None = None,
    page_directory: Path | None = None,
) -> FastAPI:
    """The app over its collaborators, which the caller opens and closes. Without `keys` everybody may ask."""
    app = FastAPI(
        title="GridPulse",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,  # `add_docs` asks no other host
        redoc_url=None,
        redirect_slashes=False,  # it would send clients to the host that they name, by plain HTTP behind a proxy
        telemetry={"tracing": False, "metrics": False, "logs": False},  # MeasuringMiddleware measures
    )
    add_power(app, reading)  # first, because a path is looked for in this order, and these are asked for most
    add_carbon(app, reading)
    add_mixes(app, reading)
    add_forecasts(app, reading)
    add_side_by_side(app, reading)
    add_daily(app, reading)
    add_zones(app, reading.directory)
    add_stream(app, reading, hub)
    add_page(app, page_directory)
    add_docs(app)
    install_openapi(app, with_keys=keys is not None)
    install_problems(app)
    if keys is not None:
        app.add_middleware(AuthenticationMiddleware, keys=keys, metrics=metrics)
    app.add_middleware(MeasuringMiddleware, metrics=metrics)
    app.router.routes.extend(operations_routes(heartbeat, missing, metrics.registry))
    return app
