"""`/v1/zones/{zone}/forecast`, what it is good for (`best-window`), and how good it was (`forecast/errors`)."""

from datetime import timedelta
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response

from gridpulse_contract.models import Kind, Signal
from gridpulse_query_api import examples_of_forecasts as examples
from gridpulse_query_api.answers import answer, format_of, list_answer, table_answer
from gridpulse_query_api.documents import with_zone
from gridpulse_query_api.errors import BadParameterError, NoDataError
from gridpulse_query_api.forecast_answers import best_window_columns, best_window_document
from gridpulse_query_api.forecast_errors import LeadErrors, Truth, error_columns
from gridpulse_query_api.forecasts import Forecast, expected_columns, expected_document
from gridpulse_query_api.instants import Span, as_utc, to_ms
from gridpulse_query_api.parameters import CarbonLatestQuery, parse
from gridpulse_query_api.parameters_of_forecasts import BestWindowQuery, ForecastErrorsQuery, ForecastQuery
from gridpulse_query_api.planning import LONGEST_LEAD, judged_span, plan_of, solve
from gridpulse_query_api.reading import Reading
from gridpulse_query_api.routes.carbon import CARBON
from gridpulse_query_api.routes.documented import add_route
from gridpulse_query_api.schemas_of_forecasts import BestWindowAnswer, ForecastAnswer, ForecastErrorsAnswer
from gridpulse_query_api.series import Series

__all__ = ["add_forecasts", "forecast_document"]


def add_forecasts(app: FastAPI, reading: Reading) -> None:
    """Add the routes of what carbon intensity is expected."""

    def series_of(request: Request, query: CarbonLatestQuery) -> Series:
        return Series(Signal.CARBON_INTENSITY, request.path_params["zone"], query.granularity, query.variant)

    async def found(series: Series, query: CarbonLatestQuery) -> Forecast:
        """The forecast asked for. Raises UnknownZoneError or NoDataError where there is none."""
        reading.check_key(series.zone)
        forecasts, past = reading.repository.forecasts, ""
        if isinstance(query, ForecastQuery) and query.issued_at is not None:
            forecast, past = await forecasts.issued(series, query.issued_at), " issued at that instant"
        elif isinstance(query, ForecastQuery) and query.as_of is not None:
            forecast, past = await forecasts.newest(series, query.as_of), " of that time or some weeks before"
        elif isinstance(query, BestWindowQuery):
            forecast = await forecasts.newest(series, reading.now(), timedelta(hours=query.max_age_hours))
        else:
            forecast = await forecasts.newest(series, reading.now())
        if forecast is None:
            await reading.known_zone(series)
            hint = "" if past else " yet: it is not collected, or the first one is on its way"
            raise NoDataError(f"There is no forecast of {series}{past}{hint}.")
        return forecast

    def age(forecast: Forecast) -> dict[str, int]:
        return {"age_seconds": max(0, (to_ms(reading.now()) - forecast.issued_at_ms) // 1000)}

    async def forecast(request: Request) -> Response:
        """The carbon intensity that is expected: the newest forecast, or an earlier one as it was issued.

        Where the newest says less of what lies ahead than the one before it, the store may have only a part of it yet:
        then the one before is served, up to six hours old. `issued_at` asks for one whatever the store has of it.
        """
        query = parse(ForecastQuery, request)
        form = format_of(request, query.format)
        if query.issued_at is not None and query.as_of is not None:
            raise BadParameterError("Give either issued_at or as_of.", parameter="as_of")
        series = series_of(request, query)
        issued = await found(series, query)
        return list_answer(
            request,
            form,
            _header(reading, series, issued),
            lambda: [expected_document(row) for row in issued.rows],
            lambda: with_zone(series.zone, expected_columns(issued)),
            changing=age(issued),
        )

    async def best_window(request: Request) -> Response:
        """The greenest time for something that takes a while: where the mean expected carbon intensity is lowest.

        Only windows of whole intervals that the newest forecast knows are compared, those of them that have not begun.
        Where the newest says less of what lies ahead than the one before it, that one counts, up to `max_age_hours`.
        """
        query = parse(BestWindowQuery, request)
        form = format_of(request, query.format)
        now = reading.now()
        plan = plan_of(query, now)
        series = series_of(request, query)
        issued = await found(series, query)
        document = best_window_document(query.duration, solve(plan, issued, query, now))
        header = _header(reading, series, issued)
        if form == "json":
            return answer(request, header | document, changing=age(issued))
        return table_answer(
            request, form, header, with_zone(series.zone, best_window_columns(issued.issued_at_ms, document))
        )

    async def errors(request: Request) -> Response:
        """How far forecasts were from what came true, by how far ahead they looked; computed when it is asked for."""
        query = parse(ForecastErrorsQuery, request)
        form = format_of(request, query.format)
        span = judged_span(query, reading.now())
        series = series_of(request, query)
        await reading.known_zone(series)
        rows = await reading.rows(series, span, None)
        found = LeadErrors({row.at_ms: Truth(row.numbers[0], row.kind == Kind.MEASURED) for row in rows})
        issued_span = Span(to_ms(as_utc(span.start_ms) - LONGEST_LEAD), span.end_ms)
        async for issued in reading.repository.forecasts.issued_in(series, issued_span):
            found.add(issued)
        by_lead = found.by_lead()
        return list_answer(
            request,
            form,
            reading.header(series, CARBON) | {"start": as_utc(span.start_ms), "end": as_utc(span.end_ms)},
            lambda: by_lead,
            lambda: with_zone(series.zone, error_columns(by_lead)),
        )

    add = partial(add_route, app, tag="forecasts")
    add(
        "/v1/zones/{zone}/forecast",
        forecast,
        query=ForecastQuery,
        answer=ForecastAnswer,
        example=examples.FORECAST,
        csv=examples.FORECAST_CSV,
    )
    add(
        "/v1/zones/{zone}/forecast/errors",
        errors,
        query=ForecastErrorsQuery,
        answer=ForecastErrorsAnswer,
        example=examples.FORECAST_ERRORS,
        csv=examples.FORECAST_ERRORS_CSV,
    )
    add(
        "/v1/zones/{zone}/best-window",
        best_window,
        query=BestWindowQuery,
        answer=BestWindowAnswer,
        example=examples.BEST_WINDOW,
        csv=examples.BEST_WINDOW_CSV,
    )


def forecast_document(reading: Reading, series: Series, forecast: Forecast) -> dict[str, Any]:
    """A forecast with all that there is to say of it but its age."""
    return {**_header(reading, series, forecast), "data": [expected_document(row) for row in forecast.rows]}


def _header(reading: Reading, series: Series, forecast: Forecast) -> dict[str, Any]:
    return {**reading.header(series, CARBON), "issued_at": as_utc(forecast.issued_at_ms)}
