"""From an answer to the error that it is. No I/O."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, cast

import httpx

from gridpulse.errors import AnswerError, BusyError, FaultError, GridPulseError, RefusedError

__all__ = ["error_of", "retry_after_seconds"]

_BUSY: Final = frozenset(
    (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    )
)


def error_of(response: httpx.Response) -> GridPulseError | None:
    """What is wrong with an answer that has been read; None where nothing is."""
    status = response.status_code
    if status == HTTPStatus.OK:
        return None
    problem = _problem(response)
    if status in _BUSY:
        kind = BusyError
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = FaultError
    elif problem and status >= HTTPStatus.BAD_REQUEST:
        kind = RefusedError
    else:
        return AnswerError(f"{_place(response)} answered {_phrase(status)}, which no query API does.{_hint(response)}")
    return kind(
        status,
        _text(problem.get("title")) or f"{_place(response)} answered {_phrase(status)}",
        _text(problem.get("detail")),
        kind=_text(problem.get("type")),
        parameter=_text(problem.get("parameter")) or None,
        near_matches=_texts(problem.get("near_matches")),
        retry_after_seconds=retry_after_seconds(response.headers.get("retry-after", ""), datetime.now(UTC)),
    )


def retry_after_seconds(header: str, now: datetime) -> float | None:
    """`Retry-After`, in either of its forms, as seconds from now; None where it says nothing."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - now).total_seconds()
        except (TypeError, ValueError):  # no date, or one without a time zone
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    """The members of the problem; none where it is something else."""
    if not response.headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    try:
        document: Any = response.json()
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", document) if isinstance(document, dict) else {}


def _hint(response: httpx.Response) -> str:
    target = response.headers.get("location")
    return f" It points to {target}: if that is right, use its address." if target else ""


def _place(response: httpx.Response) -> str:
    return f"{response.url.scheme}://{response.url.netloc.decode('ascii')}"


def _phrase(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> Sequence[str]:
    members = cast("list[Any]", value) if isinstance(value, list) else []
    return [member for member in members if isinstance(member, str)]
