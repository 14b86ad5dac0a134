"""Counts and times requests, by route."""

from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridpulse_query_api.metrics import Metrics

__all__ = ["MeasuringMiddleware"]


class MeasuringMiddleware:
    """Measures every HTTP request. Routes are named by their templates, so that no client can make up new ones."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        metrics = self._metrics
        status = 500  # what the server answers where the app raises before it has answered

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = perf_counter()
        metrics.requests_in_progress.inc()
        try:
            await self._app(scope, receive, send_and_see)
        finally:
            route: Any = scope.get("route")
            path: str = getattr(route, "path", "unmatched")
            metrics.requests_in_progress.dec()
            metrics.requests.labels(path, status).inc()
            metrics.request_seconds.labels(path).observe(perf_counter() - started)
