"""`/v1/zones/{zone}/electricity-mix` and `/v1/zones/{zone}/electricity-flows`: the signals as the source has them."""

from typing import Final

from fastapi import FastAPI

from gridpulse_contract.models import Signal
from gridpulse_query_api import examples_of_mixes as examples
from gridpulse_query_api.flows import exchange_bucket, exchange_row, exchange_row_columns, flow_bucket_columns
from gridpulse_query_api.mixes import mix_bucket, mix_bucket_columns, mix_row, mix_row_columns
from gridpulse_query_api.parameters import (
    LatestQuery,
    MixLatestQuery,
    MixRangeQuery,
    MixRevisionsQuery,
    RangeQuery,
    RevisionsQuery,
)
from gridpulse_query_api.reading import Presentation, Reading
from gridpulse_query_api.routes.rows import Documented, SignalRoutes, add_rows
from gridpulse_query_api.schemas_of_mixes import (
    ExchangesPage,
    LatestExchanges,
    LatestMix,
    MixPage,
    RevisionsOfExchanges,
    RevisionsOfMix,
)

__all__ = ["add_mixes"]

_UNITS: Final = {"unit": "MW", "energy_unit": "MWh"}
_MIX: Final = Presentation(_UNITS, mix_row, mix_row, mix_row_columns, mix_bucket, mix_bucket_columns)
_FLOWS: Final = Presentation(
    _UNITS, exchange_row, exchange_row, exchange_row_columns, exchange_bucket, flow_bucket_columns
)


_MIX_ROUTES: Final = SignalRoutes(
    Signal.ELECTRICITY_MIX,
    _MIX,
    tag="power",
    csv=examples.MIX_CSV,
    latest=Documented(
        MixLatestQuery,
        LatestMix,
        examples.LATEST_MIX,
        "The newest mix that is not in the future, as the source has it.",
    ),
    of_range=Documented(
        MixRangeQuery,
        MixPage,
        examples.MIX_PAGE,
        "A range of mixes as the source has them, or their roll-ups with energy and coverage.",
    ),
    revisions=Documented(
        MixRevisionsQuery,
        RevisionsOfMix,
        examples.MIX_PAGE,
        "Every revision that the source made of the mix of an interval (`at`) or of a range.",
    ),
)
_FLOWS_ROUTES: Final = SignalRoutes(
    Signal.ELECTRICITY_FLOWS,
    _FLOWS,
    tag="power",
    csv=examples.EXCHANGES_CSV,
    latest=Documented(
        LatestQuery,
        LatestExchanges,
        examples.LATEST_EXCHANGES,
        "The newest flows that are not in the future, as the source has them.",
    ),
    of_range=Documented(
        RangeQuery,
        ExchangesPage,
        examples.EXCHANGES_PAGE,
        "A range of flows as the source has them, or their roll-ups with energy and coverage.",
    ),
    revisions=Documented(
        RevisionsQuery,
        RevisionsOfExchanges,
        examples.EXCHANGES_PAGE,
        "Every revision that the source made of the flows of an interval (`at`) or of a range.",
    ),
)


def add_mixes(app: FastAPI, reading: Reading) -> None:
    """Add the routes of the two signals. Readers of the power breakdown need neither: it is composed of them."""
    add_rows(app, reading, _MIX_ROUTES)
    add_rows(app, reading, _FLOWS_ROUTES)
