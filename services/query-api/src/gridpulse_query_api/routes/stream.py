"""`/v1/zones/{zone}/stream`: a zone as it changes."""

from collections.abc import Mapping
from typing import Final

import orjson
from fastapi import FastAPI, Request, Response

from gridpulse_contract.models import Signal
from gridpulse_query_api.examples_of_streams import STREAM
from gridpulse_query_api.following import RowKey
from gridpulse_query_api.instants import WIDTH_MS, Span, to_ms
from gridpulse_query_api.parameters import StreamQuery, parse
from gridpulse_query_api.reading import Presentation, Reading
from gridpulse_query_api.routes.carbon import CARBON
from gridpulse_query_api.routes.documented import add_event_stream
from gridpulse_query_api.routes.forecasts import forecast_document
from gridpulse_query_api.routes.power import POWER
from gridpulse_query_api.series import Series
from gridpulse_query_api.streams import EventStream, StreamHub

__all__ = ["add_stream"]

_ROWS: Final = 48  # older ones come in floods, when history is loaded; and a look at a zone must stay cheap


def add_stream(app: FastAPI, reading: Reading, hub: StreamHub) -> None:
    """Add the route."""

    async def stream(request: Request) -> Response:
        """The zone as it changes, as server-sent events.

        Events are named `power-breakdown` and `carbon-intensity`; their data are a row as in `…/latest`, without its
        age. First comes the newest row of each, then every row of the last 48 intervals that is new or revised, within
        seconds. `forecast` is the newest forecast of carbon intensity, as in `…/forecast`, then every one after it.
        A client that comes back with `Last-Event-ID` gets what has changed meanwhile; where that can't be told any
        more, all rows of those intervals. Lines that begin with a colon only show that the connection lives: one comes
        at least every 15 seconds. The server ends a stream after a quarter of an hour: come back.
        """
        query = parse(StreamQuery, request)
        zone: str = request.path_params["zone"]
        followed = (
            (Series(Signal.POWER_BREAKDOWN, zone, query.granularity), POWER),
            (Series(Signal.CARBON_INTENSITY, zone, query.granularity, query.variant), CARBON),
        )
        await reading.known_zone(followed[0][0])

        async def look() -> Mapping[RowKey, bytes]:
            rows: dict[RowKey, bytes] = {}
            for series, presentation in followed:
                rows |= await _documents(reading, series, presentation)
            return rows | await _forecast(reading, followed[1][0])

        name = f"{zone} {query.granularity} {query.variant}"
        return EventStream(hub, name, look, request.headers.get("last-event-id"))

    add_event_stream(app, "/v1/zones/{zone}/stream", stream, tag="stream", query=StreamQuery, example=STREAM)


async def _forecast(reading: Reading, series: Series) -> dict[RowKey, bytes]:
    now = reading.now()
    forecast = await reading.repository.forecasts.newest(series, now)
    if forecast is None or forecast.issued_at_ms < to_ms(now) - _ROWS * WIDTH_MS[series.granularity]:
        return {}
    document = forecast_document(reading, series, forecast)
    return {RowKey(forecast.issued_at_ms, "forecast"): orjson.dumps(document, option=orjson.OPT_UTC_Z)}


async def _documents(reading: Reading, series: Series, presentation: Presentation) -> dict[RowKey, bytes]:
    now_ms = to_ms(reading.now())
    rows = await reading.rows(series, Span(now_ms - _ROWS * WIDTH_MS[series.granularity], now_ms + 1), None)
    return {
        RowKey(row.at_ms, series.signal.value): orjson.dumps(
            reading.document(series, presentation, row), option=orjson.OPT_UTC_Z
        )
        for row in rows
    }
