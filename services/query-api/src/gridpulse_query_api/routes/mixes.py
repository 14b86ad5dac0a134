"""`/v1/zones/{zone}/electricity-mix` and `/v1/zones/{zone}/electricity-flows`: the signals as the source has them."""

from functools import partial
from typing import Final

from fastapi import FastAPI, Request, Response

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
    parse,
)
from gridpulse_query_api.reading import Presentation, Reading
from gridpulse_query_api.routes.documented import add_route
from gridpulse_query_api.schemas_of_mixes import (
    ExchangesPage,
    LatestExchanges,
    LatestMix,
    MixPage,
    RevisionsOfExchanges,
    RevisionsOfMix,
)
from gridpulse_query_api.series import Series

__all__ = ["add_mixes"]

_UNITS: Final = {"unit": "MW", "energy_unit": "MWh"}
_MIX: Final = Presentation(_UNITS, mix_row, mix_row, mix_row_columns, mix_bucket, mix_bucket_columns)
_FLOWS: Final = Presentation(
    _UNITS, exchange_row, exchange_row, exchange_row_columns, exchange_bucket, flow_bucket_columns
)


def add_mixes(app: FastAPI, reading: Reading) -> None:
    """Add the routes of the two signals. Readers of the power breakdown need neither: it is composed of them."""
    _add_mix(app, reading)
    _add_flows(app, reading)


def _add_mix(app: FastAPI, reading: Reading) -> None:
    def series(request: Request, query: MixLatestQuery | MixRangeQuery | MixRevisionsQuery) -> Series:
        return Series(Signal.ELECTRICITY_MIX, request.path_params["zone"], query.granularity, query.variant)

    async def latest(request: Request) -> Response:
        """The newest mix that is not in the future, as the source has it."""
        query = parse(MixLatestQuery, request)
        return await reading.latest_answer(request, query, series(request, query), _MIX)

    async def of_range(request: Request) -> Response:
        """A range of mixes as the source has them, or their roll-ups with energy and coverage."""
        query = parse(MixRangeQuery, request)
        return await reading.range_answer(request, query, series(request, query), _MIX)

    async def revisions(request: Request) -> Response:
        """Every revision that the source made of the mix of an interval (`at`) or of a range."""
        query = parse(MixRevisionsQuery, request)
        return await reading.revisions_answer(request, query, series(request, query), _MIX)

    path = f"/v1/zones/{{zone}}/{Signal.ELECTRICITY_MIX}"
    add = partial(add_route, app, tag="power", csv=examples.MIX_CSV)
    add(f"{path}/latest", latest, query=MixLatestQuery, answer=LatestMix, example=examples.LATEST_MIX)
    add(path, of_range, query=MixRangeQuery, answer=MixPage, example=examples.MIX_PAGE)
    add(f"{path}/revisions", revisions, query=MixRevisionsQuery, answer=RevisionsOfMix, example=examples.MIX_PAGE)


def _add_flows(app: FastAPI, reading: Reading) -> None:
    def series(request: Request, query: LatestQuery) -> Series:
        return Series(Signal.ELECTRICITY_FLOWS, request.path_params["zone"], query.granularity)

    async def latest(request: Request) -> Response:
        """The newest flows that are not in the future, as the source has them."""
        query = parse(LatestQuery, request)
        return await reading.latest_answer(request, query, series(request, query), _FLOWS)

    async def of_range(request: Request) -> Response:
        """A range of flows as the source has them, or their roll-ups with energy and coverage."""
        query = parse(RangeQuery, request)
        return await reading.range_answer(request, query, series(request, query), _FLOWS)

    async def revisions(request: Request) -> Response:
        """Every revision that the source made of the flows of an interval (`at`) or of a range."""
        query = parse(RevisionsQuery, request)
        return await reading.revisions_answer(request, query, series(request, query), _FLOWS)

    path = f"/v1/zones/{{zone}}/{Signal.ELECTRICITY_FLOWS}"
    page = examples.EXCHANGES_PAGE
    add = partial(add_route, app, tag="power", csv=examples.EXCHANGES_CSV)
    add(f"{path}/latest", latest, query=LatestQuery, answer=LatestExchanges, example=examples.LATEST_EXCHANGES)
    add(path, of_range, query=RangeQuery, answer=ExchangesPage, example=page)
    add(f"{path}/revisions", revisions, query=RevisionsQuery, answer=RevisionsOfExchanges, example=page)
