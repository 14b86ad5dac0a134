"""The three routes that every signal has: its newest row, a range of its rows, and what they have been."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from gridpulse_contract.models import Signal
from gridpulse_query_api.parameters import LatestQuery, RangeQuery, RevisionsQuery, parse
from gridpulse_query_api.reading import Presentation, Reading
from gridpulse_query_api.routes.documented import Endpoint, add_route
from gridpulse_query_api.series import Series

__all__ = ["Documented", "SignalRoutes", "add_rows"]

_Asked = TypeVar("_Asked", bound=LatestQuery, covariant=True)


@dataclass(frozen=True, slots=True)
class Documented(Generic[_Asked]):
    """What one route can be asked, and what its documentation says of it."""

    query: type[_Asked]
    answer: type[BaseModel]
    example: Any
    description: str


@dataclass(frozen=True, slots=True)
class SignalRoutes:
    """The routes of one signal; `csv` is how their CSV begins."""

    signal: Signal
    presentation: Presentation
    tag: str
    csv: str
    latest: Documented[LatestQuery]
    of_range: Documented[RangeQuery]
    revisions: Documented[RevisionsQuery]


def add_rows(app: FastAPI, reading: Reading, routes: SignalRoutes) -> None:
    """Add `/v1/zones/{zone}/SIGNAL`, with `/latest` and `/revisions`."""

    def series(request: Request, query: LatestQuery) -> Series:
        # Only a signal that has variants has a parameter for them.
        variant: str = getattr(query, "variant", "")
        return Series(routes.signal, request.path_params["zone"], query.granularity, variant)

    async def latest(request: Request) -> Response:
        query = parse(routes.latest.query, request)
        return await reading.latest_answer(request, query, series(request, query), routes.presentation)

    async def of_range(request: Request) -> Response:
        query = parse(routes.of_range.query, request)
        return await reading.range_answer(request, query, series(request, query), routes.presentation)

    async def revisions(request: Request) -> Response:
        query = parse(routes.revisions.query, request)
        return await reading.revisions_answer(request, query, series(request, query), routes.presentation)

    def add(path: str, endpoint: Endpoint, documented: Documented[LatestQuery]) -> None:
        endpoint.__doc__ = documented.description
        add_route(
            app,
            path,
            endpoint,
            tag=routes.tag,
            query=documented.query,
            answer=documented.answer,
            example=documented.example,
            csv=routes.csv,
        )

    path = f"/v1/zones/{{zone}}/{routes.signal}"
    add(f"{path}/latest", latest, routes.latest)
    add(path, of_range, routes.of_range)
    add(f"{path}/revisions", revisions, routes.revisions)
