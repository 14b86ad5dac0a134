"""What can go wrong.

IngesterError
├── ConfigurationError         settings, tokens or arguments are wrong: an operator helps, a retry does not
├── BrokerError                no Kafka within the deadline: a retry later can help
├── QueryApiError              the query API did not say what it serves: a retry later can help
└── SourceError                the API gave no usable answer
    ├── HostError              a retry can help
    │   ├── HostUnreachableError   timeout, connection error, answer cut off
    │   ├── ServerFaultError       5xx
    │   └── OverQuotaError         429, or a quota known to be used up
    ├── RefusedError           a retry can not help, an operator can
    │   ├── NotEntitledError       401 with error and message: the plan lacks this zone or endpoint
    │   ├── BadTokenError          401 with error alone, or 403
    │   ├── NoRouteError           404 of the gateway: base URL or version is wrong, not "no data"
    │   └── BadRequestError        400
    │       └── DateRangeExceededError   our window is longer than the API allows
    ├── NoDataError            404: the zone has none at the moment
    └── UnusableAnswerError    an answer whose bytes go to the dead-letter topic
"""

from typing import ClassVar

from gridpulse_contract.models import Reason

__all__ = [
    "BadRequestError",
    "BadTokenError",
    "BrokerError",
    "ConfigurationError",
    "DateRangeExceededError",
    "HostError",
    "HostUnreachableError",
    "IngesterError",
    "NoDataError",
    "NoRouteError",
    "NotEntitledError",
    "OverQuotaError",
    "QueryApiError",
    "RefusedError",
    "ServerFaultError",
    "SourceError",
    "UnusableAnswerError",
]


class IngesterError(Exception):
    """Base of every error that this package raises on purpose."""


class ConfigurationError(IngesterError):
    """Says in a sentence what an operator has to change."""


class BrokerError(IngesterError):
    """Kafka could not be reached, or did not answer, within the deadline."""


class QueryApiError(IngesterError):
    """The query API could not be reached, or its answer is none."""


class SourceError(IngesterError):
    """The API gave no usable answer; `outcome` names it in metrics and summaries."""

    outcome: ClassVar[str] = "failed"


class HostError(SourceError):
    """A retry can help, not before `retry_after_seconds` where the host has said so."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class HostUnreachableError(HostError):
    """No complete answer: timeout, connection error, cut off."""

    outcome = "unreachable"


class ServerFaultError(HostError):
    """The host answered 5xx."""

    outcome = "server-error"


class OverQuotaError(HostError):
    """The host answered 429, or has said before that nothing is left until later."""

    outcome = "over-quota"


class RefusedError(SourceError):
    """The host understood and refused; asking again changes nothing."""


class NotEntitledError(RefusedError):
    """The token is good, but its plan lacks this zone or endpoint."""

    outcome = "not-entitled"


class BadTokenError(RefusedError):
    """The token is missing, wrong or expired."""

    outcome = "bad-token"


class NoRouteError(RefusedError):
    """The gateway knows no such path: base URL or API version is wrong."""

    outcome = "no-route"


class BadRequestError(RefusedError):
    """A parameter is wrong for this endpoint."""

    outcome = "bad-request"


class DateRangeExceededError(BadRequestError):
    """The window is longer than the API's limit; never to be read as an empty window."""

    outcome = "date-range-exceeded"


class NoDataError(SourceError):
    """The zone has no data for this request at the moment."""

    outcome = "no-data"


class UnusableAnswerError(SourceError):
    """An answer that is none: its bytes go to the dead-letter topic with this reason."""

    outcome = "unusable"

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
