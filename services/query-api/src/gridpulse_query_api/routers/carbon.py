"""`/v1/zones/{zone}/carbon-intensity`."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response

from gridpulse_contract.models import Granularity, Signal
from gridpulse_query_api import examples
from gridpulse_query_api.carbon import carbon_bucket, carbon_bucket_columns, carbon_row, carbon_row_columns
from gridpulse_query_api.parameters import CarbonLatestQuery, CarbonRangeQuery, CarbonRevisionsQuery
from gridpulse_query_api.reading import Presentation, Reading
from gridpulse_query_api.routers.documented import responses
from gridpulse_query_api.schemas import CarbonIntensityPage, LatestCarbonIntensity, RevisionsOfCarbonIntensity
from gridpulse_query_api.series import Series

__all__ = ["carbon_router"]

_CARBON: Final = Presentation(
    {"unit": "gCO2eq/kWh"}, carbon_row, carbon_row, carbon_row_columns, carbon_bucket, carbon_bucket_columns
)


def carbon_router(reading: Reading) -> APIRouter:
    """Routes of the carbon intensity of the electricity that a zone consumes."""
    router = APIRouter(tags=["carbon intensity"])

    def series(zone: str, granularity: Granularity, variant: Literal["lifecycle", "direct"]) -> Series:
        return Series(Signal.CARBON_INTENSITY, zone, granularity, variant)

    @router.get(
        "/zones/{zone}/carbon-intensity/latest",
        responses=responses(LatestCarbonIntensity, examples.LATEST_CARBON, csv=examples.CARBON_CSV),
    )
    async def latest(zone: str, request: Request, query: Annotated[CarbonLatestQuery, Query()]) -> Response:
        """How clean the electricity in the zone is now: the newest row that is not in the future."""
        of_query = series(zone, query.granularity, query.variant)
        return await reading.latest_answer(request, query, of_query, _CARBON)

    @router.get(
        "/zones/{zone}/carbon-intensity",
        responses=responses(CarbonIntensityPage, examples.CARBON_PAGE, csv=examples.CARBON_CSV),
    )
    async def of_range(zone: str, request: Request, query: Annotated[CarbonRangeQuery, Query()]) -> Response:
        """A range of rows, or their means over hours, days or months with coverage."""
        of_query = series(zone, query.granularity, query.variant)
        return await reading.range_answer(request, query, of_query, _CARBON)

    @router.get(
        "/zones/{zone}/carbon-intensity/revisions",
        responses=responses(RevisionsOfCarbonIntensity, examples.CARBON_REVISIONS, csv=examples.CARBON_CSV),
    )
    async def revisions(zone: str, request: Request, query: Annotated[CarbonRevisionsQuery, Query()]) -> Response:
        """Every revision that the source made of an interval (`at`) or of a range."""
        of_query = series(zone, query.granularity, query.variant)
        return await reading.revisions_answer(request, query, of_query, _CARBON)

    return router
