"""The client: the API's questions as methods."""

import re
from collections.abc import Generator, Iterable
from datetime import UTC, datetime, timedelta
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
_Value = str | float | datetime | timedelta | None
_KEY: Final = re.compile(r"[\x21-\x7e]+")


class Client:
    """The query API at `url`. Usable by several threads; to be closed, or used in a `with`.

    Every method that asks raises GridPulseError, and ValueError for an instant without a time zone, or a duration that
    is not of whole minutes. Parameters that are None are left to the API, whose `/docs` says what they are then; what
    they may be is in `gridpulse.choices`.
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
        path = f"{_of(zone)}/{quote(signal, safe='')}/latest"
        return self._document(path, "row", granularity=granularity, variant=variant)

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

    def forecast(
        self,
        zone: str,
        *,
        issued_at: datetime | None = None,
        as_of: datetime | None = None,
        granularity: str | None = None,
        variant: str | None = None,
    ) -> Listing:
        """The carbon intensity that is expected: by the newest forecast, by the one issued at `issued_at`, or by the
        newest that had been issued by `as_of`."""
        return self.listing(
            f"{_of(zone)}/forecast", issued_at=issued_at, as_of=as_of, granularity=granularity, variant=variant
        )

    def best_window(
        self,
        zone: str,
        duration: timedelta,
        *,
        within: timedelta | None = None,
        earliest: datetime | None = None,
        latest: datetime | None = None,
        granularity: str | None = None,
        variant: str | None = None,
        max_age_hours: float | None = None,
    ) -> Document:
        """The greenest time for something that takes `duration` (whole minutes), by the newest forecast.

        It may begin at `earliest`, and has to be done `within` so long after that, or by `latest`.
        """
        return self._document(
            f"{_of(zone)}/best-window",
            "best window",
            duration=duration,
            within=within,
            earliest=earliest,
            latest=latest,
            granularity=granularity,
            variant=variant,
            max_age_hours=max_age_hours,
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

    def listing(self, path: str, **query: _Value) -> Listing:
        """Any list of the API, as `listing("/v1/zones/DE/flows", start=…)`; `/docs` of the API names them all."""
        return Listing(self._asking, path, _query(**query))

    def _document(self, path: str, what: str, **query: _Value) -> Document:
        response = self._asking.get(path, _query(**query))
        try:
            document: Any = response.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise AnswerError(f"{response.url}: this is not a {what} of the query API.")
        return cast("Document", document)

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


def _query(**values: _Value) -> dict[str, str]:
    return {name: _as_text(value) for name, value in values.items() if value is not None}


def _as_text(value: str | float | datetime | timedelta) -> str:
    if isinstance(value, timedelta):
        minutes, rest = divmod(value, timedelta(minutes=1))
        if rest or minutes <= 0:
            raise ValueError(f"{value} is not a number of whole minutes from 1 on.")
        return f"PT{minutes}M"  # ISO 8601
    if not isinstance(value, datetime):
        return str(value)
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone, so it could be any of 24 hours: give it one.")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
