"""`/v1/zones/{zone}/power-breakdown` and `/v1/zones/{zone}/flows`."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from gridpulse_contract.models import Signal
from gridpulse_query_api import examples
from gridpulse_query_api.flows import flow_bucket, flow_bucket_columns, flow_row, flow_row_columns
from gridpulse_query_api.parameters import LatestQuery, RangeQuery, RevisionsQuery
from gridpulse_query_api.power import power_bucket, power_bucket_columns, power_row, power_row_columns, with_shares
from gridpulse_query_api.reading import Presentation, Reading
from gridpulse_query_api.routers.documented import responses
from gridpulse_query_api.schemas import FlowsPage, LatestPowerBreakdown, PowerBreakdownPage, RevisionsOfPowerBreakdown
from gridpulse_query_api.series import Series

__all__ = ["power_router"]

_UNITS: Final = {"unit": "MW", "energy_unit": "MWh"}
_POWER: Final = Presentation(_UNITS, with_shares, power_row, power_row_columns, power_bucket, power_bucket_columns)
_FLOWS: Final = Presentation(_UNITS, flow_row, flow_row, flow_row_columns, flow_bucket, flow_bucket_columns)


def power_router(reading: Reading) -> APIRouter:
    """Routes of what a zone produces, consumes and exchanges."""
    router = APIRouter(tags=["power"])

    def series(zone: str, query: LatestQuery) -> Series:
        return Series(Signal.POWER_BREAKDOWN, zone, query.granularity)

    @router.get(
        "/zones/{zone}/power-breakdown/latest",
        responses=responses(LatestPowerBreakdown, examples.LATEST_POWER, csv=examples.POWER_CSV),
    )
    async def latest(zone: str, request: Request, query: Annotated[LatestQuery, Query()]) -> Response:
        """What the zone produces, consumes and exchanges now: the newest row that is not in the future."""
        return await reading.latest_answer(request, query, series(zone, query), _POWER)

    @router.get(
        "/zones/{zone}/power-breakdown",
        responses=responses(PowerBreakdownPage, examples.POWER_PAGE, csv=examples.POWER_CSV),
    )
    async def of_range(zone: str, request: Request, query: Annotated[RangeQuery, Query()]) -> Response:
        """A range of rows, or their roll-ups to hours, days or months with energy and coverage."""
        return await reading.range_answer(request, query, series(zone, query), _POWER)

    @router.get(
        "/zones/{zone}/power-breakdown/revisions",
        responses=responses(RevisionsOfPowerBreakdown, examples.POWER_REVISIONS, csv=examples.POWER_CSV),
    )
    async def revisions(zone: str, request: Request, query: Annotated[RevisionsQuery, Query()]) -> Response:
        """Every revision that the source made of an interval (`at`) or of a range."""
        return await reading.revisions_answer(request, query, series(zone, query), _POWER)

    @router.get(
        "/zones/{zone}/flows",
        responses=responses(FlowsPage, examples.FLOWS_PAGE, csv=examples.FLOWS_CSV),
    )
    async def flows(zone: str, request: Request, query: Annotated[RangeQuery, Query()]) -> Response:
        """Imports, exports and net imports by neighbour, as rows or rolled up."""
        return await reading.range_answer(request, query, series(zone, query), _FLOWS)

    return router
