"""Answers: JSON, CSV and Arrow, each with a validator (ETag) by which a client can ask whether anything has changed."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

import orjson
from fastapi import Request, Response

from gridpulse_query_api.errors import NotAcceptableError
from gridpulse_query_api.instants import as_text, to_ms
from gridpulse_query_api.tables import Column, Table

__all__ = ["ARROW", "CSV", "JSON", "Format", "answer", "format_of", "list_answer", "next_link", "table_answer"]

Format = Literal["json", "csv", "arrow"]
JSON: Final = "application/json"
CSV: Final = "text/csv"
ARROW: Final = "application/vnd.apache.arrow.stream"
_FORMATS: Final[dict[str, Format]] = {
    JSON: "json",
    "application/*": "json",
    "*/*": "json",
    CSV: "csv",
    "text/*": "csv",
    ARROW: "arrow",
}
_JSON_OPTIONS: Final = orjson.OPT_UTC_Z
# A shared cache may keep an answer, but has to ask each time whether it still holds: nobody sees old data.
_CACHE_CONTROL: Final = "public, no-cache"


def format_of(request: Request, asked: Format | None) -> Format:
    """The parameter, or else the first of the formats in `Accept` that we have. Raises NotAcceptableError."""
    if asked is not None:
        return asked
    accept = ", ".join(request.headers.getlist("accept")) or "*/*"  # several lines are one list (RFC 9110, section 5.3)
    if accept == "*/*" or accept == JSON:
        return "json"
    ranges: list[tuple[float, str]] = []
    for part in accept.split(","):
        media_type, *options = (piece.strip() for piece in part.split(";"))
        ranges.append((_quality(options), media_type.lower()))
    for quality, media_type in sorted(ranges, key=lambda member: -member[0]):
        if quality > 0 and media_type in _FORMATS:
            return _FORMATS[media_type]
    raise NotAcceptableError(
        f"Accept is {accept!r}, but the formats are {JSON}, {CSV} and {ARROW}.", parameter="accept"
    )


def answer(
    request: Request,
    document: dict[str, Any],
    *,
    headers: Mapping[str, str] | None = None,
    changing: Mapping[str, Any] | None = None,
) -> Response:
    """A JSON answer, or 304 where the client has it already.

    NaN becomes null. `changing` members are in the body but no part of its identity: what passes with time alone.
    """
    body = orjson.dumps(document, option=_JSON_OPTIONS)
    tag = _tag(body)
    if changing:
        body = orjson.dumps({**document, **changing}, option=_JSON_OPTIONS)
    return _validated(request, body, JSON, tag, headers)


def list_answer(
    request: Request,
    form: Format,
    header: Mapping[str, Any],
    data: Callable[[], Sequence[Mapping[str, Any]]],
    columns: Callable[[], Iterable[Column]],
    *,
    next_url: str | None = None,
    changing: Mapping[str, Any] | None = None,
) -> Response:
    """An answer of many in the format asked for: `data` as the JSON member of that name, or `columns` as a table.

    The address of the next page is in the JSON and, for every format, in the `Link` header.
    """
    headers = {"link": f'<{next_url}>; rel="next"'} if next_url else {}
    if form == "json":
        document = {**header, "data": data(), "next": next_url}
        return answer(request, document, headers=headers, changing=changing)
    return table_answer(request, form, header, columns(), headers=headers)


def table_answer(
    request: Request,
    form: Literal["csv", "arrow"],
    header: Mapping[str, Any],
    columns: Iterable[Column],
    *,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A CSV or Arrow answer, or 304 where the client has it already. `header` becomes the Arrow schema's metadata."""
    table = Table(tuple(columns), {name: str(value) for name, value in header.items()})
    body = table.to_csv() if form == "csv" else table.to_arrow()
    return _validated(request, body, CSV if form == "csv" else ARROW, _tag(body), headers)


def next_link(request: Request, next_start: date | None, end: date) -> str | None:
    """This request's path and query with a later start, None on the last page.

    It is relative, so that it is right behind any proxy, and fixes the end, so that a range up to now does not grow.
    """
    if next_start is None:
        return None
    bounds = {"start": _bound(next_start), "end": _bound(end)}
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in bounds]
    return f"{quote(request.url.path)}?{urlencode([*kept, *bounds.items()])}"


def _bound(bound: date) -> str:
    """An instant, or a whole day."""
    return as_text(to_ms(bound)) if isinstance(bound, datetime) else bound.isoformat()


def _validated(request: Request, body: bytes, media_type: str, tag: str, headers: Mapping[str, str] | None) -> Response:
    sent = {"etag": tag, "cache-control": _CACHE_CONTROL, "vary": "accept", **(headers or {})}
    known = ", ".join(request.headers.getlist("if-none-match"))
    if known and (known.strip() == "*" or tag in (part.strip() for part in known.split(","))):
        return Response(status_code=304, headers=sent)
    return Response(body, media_type=media_type, headers=sent)


def _tag(body: bytes) -> str:
    # Weak: two bodies with one tag may differ in what passes with time (the age of a row).
    return f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def _quality(options: Sequence[str]) -> float:
    for option in options:
        if option[:2].lower() == "q=":
            try:
                return float(option[2:])
            except ValueError:
                return 0.0
    return 1.0
