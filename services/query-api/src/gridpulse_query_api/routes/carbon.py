"""`/v1/zones/{zone}/carbon-intensity`."""

from typing import Final

from fastapi import FastAPI

from gridpulse_contract.models import Signal
from gridpulse_query_api import examples
from gridpulse_query_api.carbon import carbon_bucket, carbon_bucket_columns, carbon_row, carbon_row_columns
from gridpulse_query_api.parameters import CarbonLatestQuery, CarbonRangeQuery, CarbonRevisionsQuery
from gridpulse_query_api.reading import Presentation, Reading
from gridpulse_query_api.routes.rows import Documented, SignalRoutes, add_rows
from gridpulse_query_api.schemas import CarbonIntensityPage, LatestCarbonIntensity, RevisionsOfCarbonIntensity

__all__ = ["CARBON", "add_carbon"]

CARBON: Final = Presentation(
    {"unit": "gCO2eq/kWh"}, carbon_row, carbon_row, carbon_row_columns, carbon_bucket, carbon_bucket_columns
)


_ROUTES: Final = SignalRoutes(
    Signal.CARBON_INTENSITY,
    CARBON,
    tag="carbon intensity",
    csv=examples.CARBON_CSV,
    latest=Documented(
        CarbonLatestQuery,
        LatestCarbonIntensity,
        examples.LATEST_CARBON,
        "How clean the electricity in the zone is now: the newest row that is not in the future.",
    ),
    of_range=Documented(
        CarbonRangeQuery,
        CarbonIntensityPage,
        examples.CARBON_PAGE,
        "A range of rows, or their means over hours, days or months with coverage.",
    ),
    revisions=Documented(
        CarbonRevisionsQuery,
        RevisionsOfCarbonIntensity,
        examples.CARBON_REVISIONS,
        "Every revision that the source made of an interval (`at`) or of a range.",
    ),
)


def add_carbon(app: FastAPI, reading: Reading) -> None:
    """Add the routes of the carbon intensity of the electricity that a zone consumes."""
    add_rows(app, reading, _ROUTES)
