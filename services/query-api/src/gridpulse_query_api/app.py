"""The application: routes, problems, probes and metrics put together."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from gridpulse_query_api.measuring import MeasuringMiddleware
from gridpulse_query_api.metrics import Metrics
from gridpulse_query_api.problems import install_problems
from gridpulse_query_api.reading import Reading
from gridpulse_query_api.routers.carbon import carbon_router
from gridpulse_query_api.routers.power import power_router
from gridpulse_query_api.routers.zones import zones_router
from gridpulse_query_api.routers.zones_side_by_side import side_by_side_router
from gridpulse_query_api.schemas import Problem
from gridpulse_servicekit.lifecycle import Heartbeat
from gridpulse_servicekit.operations import ReadinessCheck, operations_routes

__all__ = ["create_app"]

_DESCRIPTION = """\
Power breakdown and carbon intensity of electricity zones, with every revision that the source made of them.

Times are instants with an offset (`2026-01-31T13:00:00Z`); ranges include their start and exclude their end. Power is
mean power over an interval in MW, energy is in MWh, carbon intensity in gCO2eq/kWh. A missing number is `null`, never
0. `kind` tells measured values from estimated ones, `updated_at` is when the source made the revision.
"""


def create_app(reading: Reading, metrics: Metrics, heartbeat: Heartbeat, missing: ReadinessCheck) -> FastAPI:
    """The app over its collaborators, which the caller opens and closes."""
    app = FastAPI(
        title="GridPulse",
        version="1",
        description=_DESCRIPTION,
        docs_url="/docs",
        redoc_url=None,
        routes=[*operations_routes(heartbeat, missing, metrics.registry)],
    )
    routers: Sequence[APIRouter] = (
        zones_router(reading.directory),
        power_router(reading),
        carbon_router(reading),
        side_by_side_router(reading),
    )
    for router in routers:
        app.include_router(router, prefix="/v1")
    install_problems(app)
    app.add_middleware(MeasuringMiddleware, metrics=metrics)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # FastAPI's documented way to change its document
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, without the validation errors that are problems here."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas: dict[str, Any] = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas[Problem.__name__] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return document
