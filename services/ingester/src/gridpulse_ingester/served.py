"""Asks the query API which rows it serves."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, cast

import httpx
import stamina

from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.answers import retry_after_seconds
from gridpulse_ingester.errors import QueryApiError
from gridpulse_ingester.settings import IngesterSettings
from gridpulse_ingester.source import Window, api_instant

__all__ = ["QueryApi"]

_ROWS_ON_A_PAGE: Final = 2500
_LOOK_BACK: Final = timedelta(days=2)
_BUSY: Final = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)


class _BusyError(QueryApiError):
    """503, or 429 for the API key: the same request can succeed later."""

    def __init__(self, message: str, wait_seconds: float | None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class QueryApi:
    """The query API at `base_url`. The client is the caller's to close."""

    def __init__(self, client: httpx.AsyncClient, base_url: str, settings: IngesterSettings) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._settings = settings
        key = settings.query_api_key
        self._headers = {"X-API-Key": key.get_secret_value()} if key else {}

    async def newest(self, request: SourceRequest) -> datetime | None:
        """Start of the newest row of this series that is not in the future; None where it has none.

        Where the API has composed that row of other signals, its own one is looked for in the days before. Raises
        QueryApiError.
        """
        response = await self._get(f"{self._series(request)}/latest", _parameters(request))
        if _says(response, "no-data", "unknown-zone"):
            return None
        with _reading(response) as row:
            at = datetime.fromisoformat(row["at"])
            if not _is_composed(row):
                return at
        return max(await self.starts(request, Window(at - _LOOK_BACK, at)), default=None)

    async def starts(self, request: SourceRequest, window: Window) -> set[datetime]:
        """Starts of the rows in the window that it has of this series; of a zone that it does not know none.

        Rows that it has composed of other signals are none of this one: what was collected is asked about. Raises
        QueryApiError.
        """
        url: str | None = self._series(request)
        bounds = {"start": api_instant(window.start), "end": api_instant(window.end), "limit": str(_ROWS_ON_A_PAGE)}
        query = {**_parameters(request), **bounds}
        found: set[datetime] = set()
        while url is not None:
            response = await self._get(url, query)
            if _says(response, "unknown-zone"):
                return set()
            with _reading(response) as page:
                found |= {datetime.fromisoformat(row["at"]) for row in page["data"] if not _is_composed(row)}
                following: str | None = page["next"]
            url, query = (str(response.url.join(following)) if following else None), {}  # it holds its own
        return found

    def _series(self, request: SourceRequest) -> str:
        return f"{self._base_url}/v1/zones/{request.zone}/{request.signal}"

    async def _get(self, url: str, query: Mapping[str, str]) -> httpx.Response:
        settings = self._settings
        tries = stamina.retry_context(
            on=_wait_before_retry,
            attempts=settings.retry_attempts,
            timeout=settings.retry_total_seconds,
            wait_initial=settings.retry_wait_initial_seconds,
            wait_max=settings.retry_wait_max_seconds,
            wait_jitter=settings.retry_wait_initial_seconds,
        )
        try:
            async for attempt in tries:
                with attempt:
                    response = await self._client.get(url, params=query or None, headers=self._headers)
                    if response.status_code in _BUSY:
                        said = f"{url}: {response.status_code}: {_said(response)}"
                        raise _BusyError(said, retry_after_seconds(response))
                    return response
        except httpx.RequestError as error:
            raise QueryApiError(f"{url}: {type(error).__name__}: {error}") from None
        raise AssertionError("unreachable: the last try raises")


def _wait_before_retry(error: Exception) -> bool | float:
    if isinstance(error, _BusyError):
        return True if error.wait_seconds is None else error.wait_seconds
    return isinstance(error, httpx.TransportError)


def _is_composed(row: Mapping[str, Any]) -> bool:
    return "composed_of" in row


def _parameters(request: SourceRequest) -> dict[str, str]:
    variant = {"variant": request.variant} if request.variant else {}
    return {"granularity": str(request.granularity), **variant}


def _says(response: httpx.Response, *problems: str) -> bool:
    """Whether it is one of these problems: another 404 is another server."""
    return response.status_code == HTTPStatus.NOT_FOUND and any(f"problem:{name}" in response.text for name in problems)


@contextmanager
def _reading(response: httpx.Response) -> Generator[dict[str, Any]]:
    """The document of a good answer; what is missing in it is an error of the answer. Raises QueryApiError."""
    if response.status_code != HTTPStatus.OK:
        raise QueryApiError(f"{response.url}: {response.status_code}: {_said(response)}")
    try:
        yield cast("dict[str, Any]", response.json())
    except (ValueError, KeyError, TypeError) as error:
        raise QueryApiError(f"{response.url}: this is not an answer of the query API: {error!r}") from None


def _said(response: httpx.Response) -> str:
    return " ".join(response.text.split())[:300]
