"""What each fault does to an answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

from gridpulse_contract.models import format_instant
from gridpulse_standin.answers import Answer, Reply
from gridpulse_standin.chance import draws
from gridpulse_standin.errors import ApiError, no_recent_data, no_route, rate_limited
from gridpulse_standin.scenarios import Fault, Scenario
from gridpulse_standin.source import Row, compact

__all__ = ["instead_of_data", "spoil"]

_PAGE: Final = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_HTML: Final = "text/html; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"
_DISCLAIMER: Final = "Your API key is in SANDBOX MODE: this data is made up. Contact the vendor for a production key."


def instead_of_data(scenario: Scenario, zone: str) -> Reply | None:
    """The answer that a fault gives in place of data; None where it lets data through."""
    match scenario.fault:
        case Fault.RATE_LIMITED:
            return Reply.of(rate_limited(scenario.retry_after_seconds))
        case Fault.RATE_LIMITED_BARE:
            return Reply.of(rate_limited(None))
        case Fault.SERVER_ERROR:
            return Reply.of(ApiError(500, {"error": "Internal Server Error"}))
        case Fault.UNAVAILABLE:
            return Reply(503, "Service Unavailable", _TEXT)
        case Fault.HTML_OK:
            return Reply(200, _PAGE.format("We will be back soon"), _HTML)
        case Fault.HTML_BAD_GATEWAY:
            return Reply(502, _PAGE.format("502 Bad Gateway"), _HTML)
        case Fault.ACCESS_DENIED:
            return Reply(403, "Access denied", _TEXT)
        case Fault.NO_RECENT_DATA:
            return Reply.of(no_recent_data(zone))
        case Fault.NO_ROUTE:
            return Reply.of(no_route())
        case _:
            return None


def spoil(fault: Fault, answer: Answer, now: datetime) -> Answer:
    """The answer with the fault in its rows, untouched where the fault is not one of rows."""
    spoiler = _SPOILERS.get(fault)
    return answer if spoiler is None else spoiler(answer, now)


def _out_of_order(answer: Answer, _now: datetime) -> Answer:
    return replace(answer, rows=tuple(sorted(answer.rows, key=lambda row: draws("order", *row.key)[0])))


def _duplicates(answer: Answer, _now: datetime) -> Answer:
    if answer.envelope is None:
        return answer
    rows = [row for number, row in enumerate(answer.rows) for row in [row] * (2 if number % 3 == 0 else 1)]
    return replace(answer, rows=tuple(rows))


def _sandbox(answer: Answer, _now: datetime) -> Answer:
    def mark(fields: dict[str, Any]) -> None:
        fields["isEstimated"] = True
        fields["estimationMethod"] = "SANDBOX_MODE_DATA"

    rows = tuple(_edited(row, mark) for row in answer.rows)
    return replace(answer, rows=rows, head={"_disclaimer": _DISCLAIMER, **answer.head}, good=())


def _malformed_row(answer: Answer, _now: datetime) -> Answer:
    def put_text_for_a_number(fields: dict[str, Any]) -> None:
        if "carbonIntensity" in fields:
            fields["carbonIntensity"] = "n/a"
        elif "mix" in fields:
            fields["mix"]["wind"] = "12 MW"
        elif "import" in fields:
            fields["import"] = "12 MW"
        else:
            fields["powerProductionBreakdown"]["wind"] = "12 MW"

    return _with_middle_row_spoiled(answer, put_text_for_a_number)


def _far_future(answer: Answer, now: datetime) -> Answer:
    def push(fields: dict[str, Any]) -> None:
        fields["updatedAt"] = format_instant(now + timedelta(days=30))

    return _with_middle_row_spoiled(answer, push)


def _with_middle_row_spoiled(answer: Answer, edit: Callable[[dict[str, Any]], None]) -> Answer:
    if not answer.rows:
        return answer
    rows = list(answer.rows)
    middle = len(rows) // 2
    spoiled = rows[middle]
    rows[middle] = _edited(spoiled, edit)
    return replace(answer, rows=tuple(rows), good=tuple(row for row in answer.good if row != spoiled))


def _edited(row: Row, edit: Callable[[dict[str, Any]], None]) -> Row:
    fields = cast("dict[str, Any]", json.loads(row.text))
    edit(fields)
    return row._replace(text=compact(fields))


_SPOILERS: Final[Mapping[Fault, Callable[[Answer, datetime], Answer]]] = {
    Fault.OUT_OF_ORDER: _out_of_order,
    Fault.DUPLICATES: _duplicates,
    Fault.SANDBOX: _sandbox,
    Fault.MALFORMED_ROW: _malformed_row,
    Fault.FAR_FUTURE: _far_future,
}
