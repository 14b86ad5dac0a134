"""Errors as problem details (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from gridpulse_query_api.errors import QueryApiError, UnknownZoneError
from gridpulse_query_api.routes.documented import PROBLEM_MEDIA_TYPE

__all__ = ["install_problems", "problem_of"]

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger(__name__)


def install_problems(app: FastAPI) -> None:
    """Answer every error of the app as problem details."""
    app.add_exception_handler(QueryApiError, _of_query_api_error)
    app.add_exception_handler(HTTPException, _of_http_exception)
    app.add_exception_handler(Exception, _of_fault)


def _problem(
    request: Request,
    status: int,
    name: str,
    title: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    document = {
        "type": f"urn:gridpulse:problem:{name}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": quote(request.scope["path"]),
        **{member: value for member, value in members.items() if value is not None},
    }
    sent = {"cache-control": "no-store", **(headers or {})}
    return Response(orjson.dumps(document), status, sent, PROBLEM_MEDIA_TYPE)


def problem_of(request: Request, error: QueryApiError) -> Response:
    """The answer that an error of ours is."""
    return _problem(
        request,
        error.status,
        error.name,
        error.title,
        error.detail,
        headers=error.headers(),
        parameter=error.parameter,
        near_matches=error.near_matches if isinstance(error, UnknownZoneError) else None,
    )


async def _of_query_api_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, QueryApiError):
        raise error
    return problem_of(request, error)


async def _of_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    phrase = HTTPStatus(error.status_code).phrase
    detail = (
        "Only GET is answered." if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else "/docs lists every route."
    )
    name = phrase.lower().replace(" ", "-")
    return _problem(request, error.status_code, name, phrase, detail, headers=error.headers)


async def _of_fault(request: Request, error: Exception) -> Response:
    _log.error("a request failed", path=request.url.path, exc_info=error)
    detail = "This is a fault of the server; it has been logged."
    return _problem(request, 500, "fault", "The server failed", detail)
