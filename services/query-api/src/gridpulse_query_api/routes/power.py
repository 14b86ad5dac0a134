"""`/v1/zones/{zone}/power-breakdown` and `/v1/zones/{zone}/flows`."""

from typing import Final

from fastapi import FastAPI, Request, Response

from gridpulse_contract.models import Signal
from gridpulse_query_api import examples
from gridpulse_query_api.flows import flow_bucket, flow_bucket_columns, flow_row, flow_row_columns
from gridpulse_query_api.parameters import LatestQuery, RangeQuery, RevisionsQuery, parse
from gridpulse_query_api.power import power_bucket, power_bucket_columns, power_row, power_row_columns, with_shares
from gridpulse_query_api.reading import Presentation, Reading
from gridpulse_query_api.routes.documented import add_route
from gridpulse_query_api.routes.rows import Documented, SignalRoutes, add_rows
from gridpulse_query_api.schemas import FlowsPage, LatestPowerBreakdown, PowerBreakdownPage, RevisionsOfPowerBreakdown
from gridpulse_query_api.series import Series

__all__ = ["POWER", "add_power"]

_UNITS: Final = {"unit": "MW", "energy_unit": "MWh"}
POWER: Final = Presentation(_UNITS, with_shares, power_row, power_row_columns, power_bucket, power_bucket_columns)
_FLOWS: Final = Presentation(_UNITS, flow_row, flow_row, flow_row_columns, flow_bucket, flow_bucket_columns)


_ROUTES: Final = SignalRoutes(
    Signal.POWER_BREAKDOWN,
    POWER,
    tag="power",
    csv=examples.POWER_CSV,
    latest=Documented(
        LatestQuery,
        LatestPowerBreakdown,
        examples.LATEST_POWER,
        "What the zone produces, consumes and exchanges now: the newest row that is not in the future.",
    ),
    of_range=Documented(
        RangeQuery,
        PowerBreakdownPage,
        examples.POWER_PAGE,
        "A range of rows, or their roll-ups to hours, days or months with energy and coverage.",
    ),
    revisions=Documented(
        RevisionsQuery,
        RevisionsOfPowerBreakdown,
        examples.POWER_REVISIONS,
        "Every revision that the source made of an interval (`at`) or of a range.",
    ),
)


def add_power(app: FastAPI, reading: Reading) -> None:
    """Add the routes of what a zone produces, consumes and exchanges."""

    async def flows(request: Request) -> Response:
        """Imports, exports and net imports by neighbour, as rows or rolled up."""
        query = parse(RangeQuery, request)
        series = Series(Signal.POWER_BREAKDOWN, request.path_params["zone"], query.granularity)
        return await reading.range_answer(request, query, series, _FLOWS)

    add_rows(app, reading, _ROUTES)
    add_route(
        app,
        "/v1/zones/{zone}/flows",
        flows,
        tag="power",
        query=RangeQuery,
        answer=FlowsPage,
        example=examples.FLOWS_PAGE,
        csv=examples.FLOWS_CSV,
    )
