"""The client: the API's questions as methods."""

import re
from collections.abc import Generator, Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final, Self, cast
from urllib.parse import quote

import httpx

from gridpulse.asking import Asking
from gridpulse.errors import AnswerError
from gridpulse.listing import Document, Listing
from gridpulse.watching import Event, watch

__all__ = ["DEFAULT_URL", "Client"]

DEFAULT_URL: Final = "http://127.0.0.1:8000"
"""Where `make run` serves the API."""
_CONNECT_SECONDS: Final = 5.0
_ROWS_ON_A_PAGE: Final = "2500"  # the most that the API gives at once: fewest requests
_KEY: Final = re.compile(r"[\x21-\x7e]+")


class Client:
    """The query API at `url`. Usable by several threads; to be closed, or used in a `with`.

    Every method that asks raises GridPulseError, and ValueError for an instant without a time zone. Parameters that
    are None are left to the API, whose `/docs` says what they are then; what they may be is in `gridpulse.choices`.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        api_key: str | None = None,
        timeout_seconds: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`transport` is httpx's, for unusual networks. Raises ValueError where the address or the key can't be one."""
        if not _is_address(url):
            raise ValueError(f"{url!r} is not an address like {DEFAULT_URL}")
        headers = {"user-agent": f"gridpulse-client/{version('gridpulse-client')}"}
        if api_key is not None:
            if _KEY.fullmatch(api_key) is None:
                raise ValueError("The API key has characters that no key has.")  # which are not for a log
            headers["x-api-key"] = api_key
        self._http = httpx.Client(
            base_url=url,
            headers=headers,
            timeout=httpx.Timeout(timeout_seconds, connect=_CONNECT_SECONDS),
            transport=transport,
            follow_redirects=False,  # which could carry the key elsewhere
        )
        self._asking = Asking(self._http)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def latest(
        self,
        zone: str,
        signal: str = "power-breakdown",
        *,
        granularity: str | None = None,
        variant: str | None = None,
    ) -> Document:
        """The newest row that is not in the future, with its `age_seconds`."""
        response = self._asking.get(
            f"{_of(zone)}/{quote(signal, safe='')}/latest", _query(granularity=granularity, variant=variant)
        )
        try:
            document: Any = response.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise AnswerError(f"{response.url}: this is not a row of the query API.")
        return cast("Document", document)

    def range(
        self,
        zone: str,
        signal: str = "power-breakdown",
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        granularity: str | None = None,
        variant: str | None = None,
        resolution: str | None = None,
        timezone: str | None = None,
        as_of: datetime | None = None,
    ) -> Listing:
        """The rows from `start`, inclusive, to `end`, exclusive, or with `resolution` their roll-ups.

        `timezone` says whose hours, days and months those are: "utc", or the zone's own, "local". `as_of`: as the
        source had said by then.
        """
        return self.listing(
            f"{_of(zone)}/{quote(signal, safe='')}",
            start=start,
            end=end,
            limit=_ROWS_ON_A_PAGE,
            granularity=granularity,
            variant=variant,
            resolution=resolution,
            timezone=timezone,
            as_of=as_of,
        )

    def zones(self) -> Listing:
        """Every zone of the reference."""
        return self.listing("/v1/zones")

    def ranking(
        self,
        metric: str | None = None,
        *,
        zones: Iterable[str] = (),
        order: str | None = None,
        granularity: str | None = None,
        variant: str | None = None,
        max_age_hours: float | None = None,
    ) -> Listing:
        """The zones in the order of their newest number; those whose newest is too old come last, without a rank."""
        return self.listing(
            "/v1/ranking",
            metric=metric,
            zones=",".join(zones) or None,
            order=order,
            granularity=granularity,
            variant=variant,
            max_age_hours=max_age_hours,
        )

    def listing(self, path: str, **query: str | float | datetime | None) -> Listing:
        """Any list of the API, as `listing("/v1/zones/DE/flows", start=…)`; `/docs` of the API names them all."""
        return Listing(self._asking, path, _query(**query))

    def watch(
        self,
        zone: str,
        *,
        granularity: str | None = None,
        variant: str | None = None,
        last_event_id: str = "",
    ) -> Generator[Event]:
        """The zone as it changes: the newest row of each signal, then every row that is new or revised, without an end.

        A lost connection is made again, and what was missed meanwhile is told, some of it perhaps twice. With the `id`
        of an earlier event it begins with what has changed since. Close it to end it.
        """
        return watch(
            self._asking, f"{_of(zone)}/stream", _query(granularity=granularity, variant=variant), last_event_id
        )


def _is_address(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)


def _of(zone: str) -> str:
    return f"/v1/zones/{quote(zone, safe='')}"


def _query(**values: str | float | datetime | None) -> dict[str, str]:
    return {name: _as_text(value) for name, value in values.items() if value is not None}


def _as_text(value: str | float | datetime) -> str:
    if not isinstance(value, datetime):
        return str(value)
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone, so it could be any of 24 hours: give it one.")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
