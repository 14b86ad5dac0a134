"""`/v1/zones/{zone}/energy/daily` and `/v1/zones/{zone}/data-quality`: what the batch jobs made of whole days."""

from datetime import UTC, tzinfo

from fastapi import FastAPI, Request, Response

from gridpulse_contract.models import Granularity, Signal
from gridpulse_query_api import examples_of_days as examples
from gridpulse_query_api.answers import format_of, list_answer, next_link
from gridpulse_query_api.daily import energy_columns, energy_document, finding_columns, finding_document
from gridpulse_query_api.documents import with_zone
from gridpulse_query_api.parameters import DaysOnCalendarQuery, DaysQuery, parse
from gridpulse_query_api.reading import Reading, clock_of
from gridpulse_query_api.routes.documented import add_route
from gridpulse_query_api.schemas_of_days import DataQualityPage, EnergyPage
from gridpulse_query_api.series import Series
from gridpulse_query_api.windows import days_of

__all__ = ["add_daily"]


def add_daily(app: FastAPI, reading: Reading) -> None:
    """Add the routes of whole days, which are as new as the last run of the job that makes them."""

    async def energy(request: Request) -> Response:
        """Energy by day and mode, with coverage, on UTC's calendar or the zone's own; made once a day."""
        query = parse(DaysOnCalendarQuery, request)
        form = format_of(request, query.format)
        page = days_of(query, reading.now())
        key: str = request.path_params["zone"]
        zone = await reading.known_zone(_hours_of(key))
        clock: tzinfo = UTC
        timezone = "UTC"
        if query.calendar == "local":
            clock = clock_of(zone, key, "calendar")
            timezone = clock.key
        days = await reading.repository.energy(key, query.calendar, page.start, page.end)
        return list_answer(
            request,
            form,
            {
                "zone": key,
                "calendar": query.calendar,
                "timezone": timezone,
                "energy_unit": "MWh",
                "attribution": reading.attribution,
            },
            lambda: [energy_document(day, clock) for day in days],
            lambda: with_zone(key, energy_columns(days, clock)),
            next_url=next_link(request, page.next_start, page.range_end),
        )

    async def data_quality(request: Request) -> Response:
        """What looks wrong with the zone's days (UTC), rule by rule; a rule that found nothing says `ok`."""
        query = parse(DaysQuery, request)
        form = format_of(request, query.format)
        page = days_of(query, reading.now())
        key: str = request.path_params["zone"]
        await reading.known_zone(_hours_of(key))
        findings = await reading.repository.findings(key, page.start, page.end)
        return list_answer(
            request,
            form,
            {"zone": key, "attribution": reading.attribution},
            lambda: [finding_document(finding) for finding in findings],
            lambda: with_zone(key, finding_columns(findings)),
            next_url=next_link(request, page.next_start, page.range_end),
        )

    add_route(
        app,
        "/v1/zones/{zone}/energy/daily",
        energy,
        tag="days",
        query=DaysOnCalendarQuery,
        answer=EnergyPage,
        example=examples.ENERGY_PAGE,
        csv=examples.ENERGY_CSV,
    )
    add_route(
        app,
        "/v1/zones/{zone}/data-quality",
        data_quality,
        tag="days",
        query=DaysQuery,
        answer=DataQualityPage,
        example=examples.DATA_QUALITY_PAGE,
        csv=examples.DATA_QUALITY_CSV,
    )


def _hours_of(zone: str) -> Series:
    return Series(Signal.POWER_BREAKDOWN, zone, Granularity.HOURLY)
