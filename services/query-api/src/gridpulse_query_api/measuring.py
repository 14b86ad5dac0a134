"""Counts and times requests, by route."""

from collections.abc import Iterable
from time import perf_counter
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridpulse_query_api.metrics import Metrics

__all__ = ["MeasuringMiddleware"]


_EVENT_STREAM: Final = (b"content-type", b"text/event-stream")


class MeasuringMiddleware:
    """Measures every HTTP request. Routes are named by their templates, so that no client can make up new ones.

    A stream counts as answered when it begins: how long somebody follows a zone is no latency.
    """

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
        is_measured = False
        started = perf_counter()

        def measure() -> None:
            nonlocal is_measured
            if is_measured:
                return
            is_measured = True
            route: Any = scope.get("route")
            path: str = getattr(route, "path", "unmatched")
            metrics.requests_in_progress.dec()
            metrics.requests.labels(path, status).inc()
            metrics.request_seconds.labels(path).observe(perf_counter() - started)

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if _is_stream(message["headers"]):
                    measure()
            await send(message)

        metrics.requests_in_progress.inc()
        try:
            await self._app(scope, receive, send_and_see)
        finally:
            measure()


def _is_stream(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    name, prefix = _EVENT_STREAM
    return any(key == name and value.startswith(prefix) for key, value in headers)
