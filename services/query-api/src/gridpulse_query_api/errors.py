"""Errors of the query API, each answered as RFC 9457 problem details.

QueryApiError
├── BadParameterError        400  the request says something that can't be right; change the parameter
├── InvalidKeyError          401  no API key, or one that is not valid; send another
├── UnprocessableError       422  every parameter is right, but not together with this data; change one of them
├── UnknownZoneError         404  no such zone; the near matches are in the answer
├── NoDataError              404  the zone exists, but the source has said nothing yet; ask later
├── NoFreshForecastError     404  there is a forecast, but too old to plan by; ask later, or take an older one
├── NotAcceptableError       406  no format that we have is in `Accept`
├── TooManyRequestsError     429  the key asks too often; the same request can succeed after Retry-After
├── TooManyStreamsError      503  more streams are open than this process takes on; ask again later
└── StoreError               503  Cassandra did not answer; the same request can succeed later
    ├── StoreUnavailableError     it is down, unreachable or without its schema
    ├── StoreTimeoutError         it did not answer in time
    └── StoreBusyError            more reads wait than this process takes on
"""

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

__all__ = [
    "BadParameterError",
    "InvalidKeyError",
    "NoDataError",
    "NoFreshForecastError",
    "NotAcceptableError",
    "QueryApiError",
    "StoreBusyError",
    "StoreError",
    "StoreTimeoutError",
    "StoreUnavailableError",
    "TooManyRequestsError",
    "TooManyStreamsError",
    "UnknownZoneError",
    "UnprocessableError",
]


_RETRY_AFTER_SECONDS: Final = 5


class QueryApiError(Exception):
    """Base: its text is the problem's `detail`, a sentence that says what to do."""

    status: ClassVar[int]
    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str, *, parameter: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.parameter = parameter

    def headers(self) -> Mapping[str, str]:
        """What the answer says besides the problem."""
        return {}


class BadParameterError(QueryApiError):
    """A parameter that can't be right."""

    status = 400
    name = "bad-parameter"
    title = "A parameter can't be right"


class InvalidKeyError(QueryApiError):
    """No API key was sent, or one that is not valid."""

    status = 401
    name = "invalid-key"
    title = "A valid API key is needed"

    def __init__(self, detail: str, *, was_sent: bool) -> None:
        super().__init__(detail)
        self.was_sent = was_sent

    def headers(self) -> Mapping[str, str]:
        """The challenge, as RFC 6750 writes it."""
        return {"www-authenticate": 'Bearer realm="GridPulse"' + (', error="invalid_token"' if self.was_sent else "")}


class UnprocessableError(QueryApiError):
    """Parameters that don't go together with the data asked for."""

    status = 422
    name = "unprocessable"
    title = "The data can't be shown this way"


class UnknownZoneError(QueryApiError):
    """A zone that neither the reference nor the store knows."""

    status = 404
    name = "unknown-zone"
    title = "There is no such zone"

    def __init__(self, zone: str, near_matches: Sequence[str], *, parameter: str = "zone") -> None:
        hint = f"Is {' or '.join(near_matches)} meant?" if near_matches else "/v1/zones lists every zone."
        super().__init__(f"No zone is called {zone!r}. {hint}", parameter=parameter)
        self.near_matches = tuple(near_matches)


class NoDataError(QueryApiError):
    """Nothing has arrived yet."""

    status = 404
    name = "no-data"
    title = "No data has arrived yet"


class NoFreshForecastError(QueryApiError):
    """The newest forecast is older than the request puts up with."""

    status = 404
    name = "no-fresh-forecast"
    title = "No forecast is fresh enough"


class NotAcceptableError(QueryApiError):
    """None of the formats in `Accept` is one of ours."""

    status = 406
    name = "not-acceptable"
    title = "No acceptable format"


class TooManyRequestsError(QueryApiError):
    """A key has asked more often than it may."""

    status = 429
    name = "too-many-requests"
    title = "Too many requests with this API key"

    def __init__(self, key: str, per_minute: int, wait_seconds: float) -> None:
        self.retry_after_seconds: Final = math.ceil(wait_seconds)
        super().__init__(
            f"The key {key} may ask {per_minute} times a minute. Ask again in {self.retry_after_seconds} s."
        )

    def headers(self) -> Mapping[str, str]:
        """When to ask again."""
        return {"retry-after": str(self.retry_after_seconds)}


class TooManyStreamsError(QueryApiError):
    """More streams are open than this process takes on, or it is about to end."""

    status = 503
    name = "too-many-streams"
    title = "Too many streams are open"

    def headers(self) -> Mapping[str, str]:
        """When to ask again."""
        return {"retry-after": str(_RETRY_AFTER_SECONDS)}


class StoreError(QueryApiError):
    """Cassandra did not answer."""

    status = 503
    name = "store-unavailable"
    title = "The data store does not answer"

    def headers(self) -> Mapping[str, str]:
        """When to ask again."""
        return {"retry-after": str(_RETRY_AFTER_SECONDS)}


class StoreUnavailableError(StoreError):
    """Cassandra is down, unreachable, or lacks its schema."""


class StoreTimeoutError(StoreError):
    """Cassandra did not answer in time."""

    name = "store-timeout"
    title = "The data store did not answer in time"


class StoreBusyError(StoreError):
    """More reads are waiting than this process takes on."""

    name = "store-busy"
    title = "Too many requests wait for the data store"
