"""Asks every request for an API key, but those for probes, metrics, the API's description and the page."""

import time
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gridpulse_query_api.errors import InvalidKeyError, QueryApiError, TooManyRequestsError
from gridpulse_query_api.keys_file import KeysFile
from gridpulse_query_api.limiting import RateLimits
from gridpulse_query_api.metrics import Metrics
from gridpulse_query_api.problems import problem_of
from gridpulse_query_api.routes.docs import DOCS_URL
from gridpulse_query_api.routes.page import PAGE_ASSETS_URL, PAGE_URL

__all__ = ["AuthenticationMiddleware"]

_OPEN: Final = frozenset(("/livez", "/readyz", "/metrics", "/openapi.json", DOCS_URL, PAGE_URL))
_OPEN_BELOW: Final = (f"{DOCS_URL}/", PAGE_ASSETS_URL)


class AuthenticationMiddleware:
    """Answers 401 to a request without a valid key, and 429 to a key that asks too often.

    It is added only where there is a file of keys. What is not open is closed, routes of the future included.
    """

    def __init__(
        self, app: ASGIApp, keys: KeysFile, metrics: Metrics, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._keys = keys
        self._metrics = metrics
        self._limits = RateLimits(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await problem_of(Request(scope), refusal)(scope, receive, send)

    def _refusal(self, scope: Scope) -> QueryApiError | None:
        sent = _sent_key(scope)
        if sent is None:
            self._metrics.unauthenticated.labels("missing").inc()
            return InvalidKeyError("Send an API key, as X-API-Key or as Authorization: Bearer.", was_sent=False)
        key = self._keys.current.find(sent)
        if key is None:
            self._metrics.unauthenticated.labels("unknown").inc()
            return InvalidKeyError("This API key is not valid, or not any more.", was_sent=True)
        per_minute = self._keys.limit_of(key)
        wait_seconds = self._limits.take(key.name, per_minute)
        if wait_seconds:
            self._metrics.requests_by_key.labels(key.name, "limited").inc()
            return TooManyRequestsError(key.name, per_minute, wait_seconds)
        self._metrics.requests_by_key.labels(key.name, "accepted").inc()
        return None


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith(_OPEN_BELOW)


def _sent_key(scope: Scope) -> bytes | None:
    """What the request says is its key. X-API-Key goes first, so that a proxy may use Authorization for its own."""
    bearer: bytes | None = None
    name: bytes
    value: bytes
    for name, value in scope["headers"]:  # ASGI has names in lower case
        if name == b"x-api-key":
            return value.strip()
        if name == b"authorization" and bearer is None:
            scheme, _, credentials = value.partition(b" ")
            if scheme.lower() == b"bearer":
                bearer = credentials.strip()
    return bearer
