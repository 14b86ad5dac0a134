"""`/v1/zones/{zone}/carbon-intensity`."""

from functools import partial
from typing import Final

from fastapi import FastAPI, Request, Response

from gridpulse_contract.models import Signal
from gridpulse_query_api import examples
from gridpulse_query_api.carbon import carbon_bucket, carbon_bucket_columns, carbon_row, carbon_row_columns
from gridpulse_query_api.parameters import CarbonLatestQuery, CarbonRangeQuery, CarbonRevisionsQuery, parse
from gridpulse_query_api.reading import Presentation, Reading
from gridpulse_query_api.routes.documented import add_route
from gridpulse_query_api.schemas import CarbonIntensityPage, LatestCarbonIntensity, RevisionsOfCarbonIntensity
from gridpulse_query_api.series import Series

__all__ = ["CARBON", "add_carbon"]

CARBON: Final = Presentation(
    {"unit": "gCO2eq/kWh"}, carbon_row, carbon_row, carbon_row_columns, carbon_bucket, carbon_bucket_columns
)


def add_carbon(app: FastAPI, reading: Reading) -> None:
    """Add the routes of the carbon intensity of the electricity that a zone consumes."""

    def series(request: Request, query: CarbonLatestQuery | CarbonRangeQuery | CarbonRevisionsQuery) -> Series:
        return Series(Signal.CARBON_INTENSITY, request.path_params["zone"], query.granularity, query.variant)

    async def latest(request: Request) -> Response:
        """How clean the electricity in the zone is now: the newest row that is not in the future."""
        query = parse(CarbonLatestQuery, request)
        return await reading.latest_answer(request, query, series(request, query), CARBON)

    async def of_range(request: Request) -> Response:
        """A range of rows, or their means over hours, days or months with coverage."""
        query = parse(CarbonRangeQuery, request)
        return await reading.range_answer(request, query, series(request, query), CARBON)

    async def revisions(request: Request) -> Response:
        """Every revision that the source made of an interval (`at`) or of a range."""
        query = parse(CarbonRevisionsQuery, request)
        return await reading.revisions_answer(request, query, series(request, query), CARBON)

    path = "/v1/zones/{zone}/carbon-intensity"
    add = partial(add_route, app, tag="carbon intensity", csv=examples.CARBON_CSV)
    add(f"{path}/latest", latest, query=CarbonLatestQuery, answer=LatestCarbonIntensity, example=examples.LATEST_CARBON)
    add(path, of_range, query=CarbonRangeQuery, answer=CarbonIntensityPage, example=examples.CARBON_PAGE)
    add(
        f"{path}/revisions",
        revisions,
        query=CarbonRevisionsQuery,
        answer=RevisionsOfCarbonIntensity,
        example=examples.CARBON_REVISIONS,
    )
