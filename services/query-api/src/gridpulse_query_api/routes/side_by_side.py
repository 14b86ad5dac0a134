"""`/v1/compare` and `/v1/ranking`: one number of several zones."""

import asyncio
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response

from gridpulse_contract.models import Signal
from gridpulse_query_api import examples
from gridpulse_query_api.answers import format_of, list_answer, next_link
from gridpulse_query_api.comparing import compare_buckets, compare_rows
from gridpulse_query_api.instants import WIDTH_MS
from gridpulse_query_api.measures import MEASURES, Measure
from gridpulse_query_api.parameters import CompareQuery, RankingQuery, parse
from gridpulse_query_api.ranking import Candidate, rank, ranking_columns, ranking_document
from gridpulse_query_api.reading import Reading, age_seconds
from gridpulse_query_api.routes.documented import add_route
from gridpulse_query_api.schemas_side_by_side import Comparison, Ranking
from gridpulse_query_api.windows import bucket_window, row_window, span_of

__all__ = ["add_side_by_side"]


def add_side_by_side(app: FastAPI, reading: Reading) -> None:
    """Add the routes that read several zones at once."""

    def header(query: CompareQuery | RankingQuery, measure: Measure) -> dict[str, Any]:
        return {
            "metric": query.metric,
            "granularity": query.granularity,
            **({"variant": query.variant} if measure.signal is Signal.CARBON_INTENSITY else {}),
            "unit": measure.unit,
            "attribution": reading.attribution,
        }

    async def compare(request: Request) -> Response:
        """One number of several zones over a range, as rows or as means over UTC hours, days or months."""
        query = parse(CompareQuery, request)
        form = format_of(request, query.format)
        start, end = span_of(query, reading.now())
        measure = MEASURES[query.metric]
        zones = tuple(dict.fromkeys(query.zones))
        series = [measure.series(zone, query.granularity, query.variant) for zone in zones]
        await asyncio.gather(*(reading.known_zone(member, parameter="zones") for member in series))
        if query.resolution is None:
            window = row_window(query, start, end)
        else:
            window = bucket_window(query, query.resolution, None, start, end)
        rows = await asyncio.gather(*(reading.rows(member, window.span, query.as_of) for member in series))
        by_zone = dict(zip(zones, rows, strict=True))
        if query.resolution is None:
            comparison = compare_rows(by_zone, measure)
        else:
            comparison = compare_buckets(by_zone, measure, window.buckets, WIDTH_MS[query.granularity])
        extra = {"zones": zones, "resolution": query.resolution, "as_of": query.as_of}
        return list_answer(
            request,
            form,
            header(query, measure) | {name: value for name, value in extra.items() if value is not None},
            comparison.documents,
            comparison.columns,
            next_url=next_link(request, window.next_start, end),
        )

    async def ranking(request: Request) -> Response:
        """The zones in the order of their newest number; those without a recent one come last, without a rank."""
        query = parse(RankingQuery, request)
        form = format_of(request, query.format)
        now = reading.now()
        measure = MEASURES[query.metric]
        directory = reading.directory

        async def candidate(key: str) -> Candidate:
            series = measure.series(key, query.granularity, query.variant)
            zone = await reading.known_zone(series, parameter="zones")
            row = await reading.latest(series, now)
            value = float("nan") if row is None else measure.of(row)
            return Candidate(key, zone and zone.name, row, value, None if row is None else age_seconds(row, now))

        candidates = await asyncio.gather(*map(candidate, dict.fromkeys(query.zones or directory.zones)))
        default = "ascending" if measure.is_lower_first else "descending"
        order = query.order or default
        ranked = rank(candidates, is_ascending=order == "ascending", max_age_seconds=query.max_age_hours * 3600)
        return list_answer(
            request,
            form,
            header(query, measure) | {"order": order, "max_age_hours": query.max_age_hours},
            lambda: [ranking_document(member) for member in ranked],
            lambda: ranking_columns(ranked),
        )

    add = partial(add_route, app, tag="zones side by side")
    add(
        "/v1/compare",
        compare,
        query=CompareQuery,
        answer=Comparison,
        example=examples.COMPARISON,
        csv=examples.COMPARISON_CSV,
    )
    add(
        "/v1/ranking",
        ranking,
        query=RankingQuery,
        answer=Ranking,
        example=examples.RANKING,
        csv=examples.RANKING_CSV,
    )
