"""`/v1/zones/{zone}/power-breakdown` and `/v1/zones/{zone}/flows`."""

from functools import partial
from typing import Final

from fastapi import FastAPI, Request, Response

from gridpulse_contract.models import Signal
from gridpulse_query_api import examples
from gridpulse_query_api.flows import flow_bucket, flow_bucket_columns, flow_row, flow_row_columns
from gridpulse_query_api.parameters import LatestQuery, RangeQuery, RevisionsQuery, parse
from gridpulse_query_api.power import power_bucket, power_bucket_columns, power_row, power_row_columns, with_shares
from gridpulse_query_api.reading import Presentation, Reading
from gridpulse_query_api.routes.documented import add_route
from gridpulse_query_api.schemas import FlowsPage, LatestPowerBreakdown, PowerBreakdownPage, RevisionsOfPowerBreakdown
from gridpulse_query_api.series import Series

__all__ = ["POWER", "add_power"]

_UNITS: Final = {"unit": "MW", "energy_unit": "MWh"}
POWER: Final = Presentation(_UNITS, with_shares, power_row, power_row_columns, power_bucket, power_bucket_columns)
_FLOWS: Final = Presentation(_UNITS, flow_row, flow_row, flow_row_columns, flow_bucket, flow_bucket_columns)


def add_power(app: FastAPI, reading: Reading) -> None:
    """Add the routes of what a zone produces, consumes and exchanges."""

    def series(request: Request, query: LatestQuery) -> Series:
        return Series(Signal.POWER_BREAKDOWN, request.path_params["zone"], query.granularity)

    async def latest(request: Request) -> Response:
        """What the zone produces, consumes and exchanges now: the newest row that is not in the future."""
        query = parse(LatestQuery, request)
        return await reading.latest_answer(request, query, series(request, query), POWER)

    async def of_range(request: Request) -> Response:
        """A range of rows, or their roll-ups to hours, days or months with energy and coverage."""
        query = parse(RangeQuery, request)
        return await reading.range_answer(request, query, series(request, query), POWER)

    async def revisions(request: Request) -> Response:
        """Every revision that the source made of an interval (`at`) or of a range."""
        query = parse(RevisionsQuery, request)
        return await reading.revisions_answer(request, query, series(request, query), POWER)

    async def flows(request: Request) -> Response:
        """Imports, exports and net imports by neighbour, as rows or rolled up."""
        query = parse(RangeQuery, request)
        return await reading.range_answer(request, query, series(request, query), _FLOWS)

    path = "/v1/zones/{zone}/power-breakdown"
    add = partial(add_route, app, tag="power", csv=examples.POWER_CSV)
    add(f"{path}/latest", latest, query=LatestQuery, answer=LatestPowerBreakdown, example=examples.LATEST_POWER)
    add(path, of_range, query=RangeQuery, answer=PowerBreakdownPage, example=examples.POWER_PAGE)
    add(
        f"{path}/revisions",
        revisions,
        query=RevisionsQuery,
        answer=RevisionsOfPowerBreakdown,
        example=examples.POWER_REVISIONS,
    )
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
