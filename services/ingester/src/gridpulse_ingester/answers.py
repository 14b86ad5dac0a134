"""Tells the API's answers apart, by what it is known to send (status, content type, members of the body)."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, cast

import httpx

from gridpulse_contract.models import Reason
from gridpulse_ingester.errors import (
    BadRequestError,
    BadTokenError,
    DateRangeExceededError,
    HostUnreachableError,
    NoDataError,
    NoRouteError,
    NotEntitledError,
    OverQuotaError,
    ServerFaultError,
    SourceError,
    UnusableAnswerError,
)

__all__ = ["date_of", "failure_of", "first_integer", "retry_after_seconds"]

_JSON_TYPE: Final = re.compile(r"(application|text)/([\w.+-]+\+)?json$", re.IGNORECASE)
_SAID_LIMIT: Final = 300
_SMALL_BODY_BYTES: Final = 4096
_RETRY_AFTER_MAX_SECONDS: Final = 3600.0


def failure_of(response: httpx.Response) -> SourceError | None:
    """The error that this answer is, or None where its body may be parsed."""
    status = response.status_code
    if status == HTTPStatus.OK:
        return _failure_of_ok(response)
    said = _said(response)
    if status == HTTPStatus.REQUEST_TIMEOUT:
        return HostUnreachableError(f"408: {said}", retry_after_seconds(response))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return OverQuotaError(f"429: {said}", retry_after_seconds(response))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFaultError(f"{status}: {said}", retry_after_seconds(response))
    if status >= HTTPStatus.BAD_REQUEST and "date range exceeded" in said.lower():
        return DateRangeExceededError(f"{status}: {said}")
    members = _members(response)
    match status:
        case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY:
            return BadRequestError(f"{status}: {said}")
        case HTTPStatus.UNAUTHORIZED if {"error", "message"} <= members.keys() or "not included" in said:
            return NotEntitledError(f"{status}: {said}")
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return BadTokenError(f"{status}: {said}")
        case HTTPStatus.NOT_FOUND if "error" in members:
            return NoDataError(f"{status}: {said}")
        case HTTPStatus.NOT_FOUND:
            return NoRouteError(f"{status}: {said}")
        case _:
            return UnusableAnswerError(Reason.UNEXPECTED_STATUS, f"status {status}: {said}")


def _failure_of_ok(response: httpx.Response) -> SourceError | None:
    content_type = response.headers.get("content-type", "").split(";")[0].strip()
    if content_type and not _JSON_TYPE.match(content_type):
        return UnusableAnswerError(Reason.NOT_JSON, f"content type {content_type}")
    # an older free tier said "No recent data" with 200
    if str(_members(response).get("error", "")).startswith("No recent data"):
        return NoDataError(f"200: {_said(response)}")
    return None


def _members(response: httpx.Response) -> Mapping[str, Any]:
    """Members of a small JSON object; of anything else none."""
    if len(response.content) > _SMALL_BODY_BYTES:
        return {}
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}


def _said(response: httpx.Response) -> str:
    text = response.content[: 2 * _SAID_LIMIT].decode("utf-8", "replace")
    return " ".join(text.split())[:_SAID_LIMIT] or "(empty body)"


def date_of(response: httpx.Response) -> datetime:
    """The answer's own time: its Date, or now where it has none that can be read."""
    try:
        date = parsedate_to_datetime(response.headers.get("date", ""))
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return datetime.now(UTC)


def retry_after_seconds(response: httpx.Response) -> float | None:
    """Retry-After in seconds, given as a number or as a date; at most an hour; None where there is none."""
    value = response.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
            seconds = (date.astimezone(UTC) - date_of(response)).total_seconds() if date.tzinfo else math.nan
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), _RETRY_AFTER_MAX_SECONDS) if math.isfinite(seconds) else None


def first_integer(text: str) -> int | None:
    """The first whole number in a header such as `2400, 2400;w=60`."""
    found = re.search(r"\d{1,15}", text)
    return int(found.group()) if found else None
