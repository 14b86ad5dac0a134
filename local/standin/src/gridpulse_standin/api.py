"""The source's own routes, /v3 and /v4, with nothing on them that the source does not have."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from gridpulse_contract.models import Signal
from gridpulse_standin import answering
from gridpulse_standin.answers import Reply
from gridpulse_standin.asking import Ask, check_later_signal, zone_asked
from gridpulse_standin.errors import ApiError, invalid_token, no_route, not_entitled
from gridpulse_standin.faults import instead_of_data, spoil
from gridpulse_standin.offers import OFFERS
from gridpulse_standin.scenarios import Fault, Scenario
from gridpulse_standin.settings import Plan
from gridpulse_standin.source import Version, compact
from gridpulse_standin.standin import Standin
from gridpulse_standin.zonelist import another_zone, zone_list

__all__ = ["public_router", "write"]

_AUTH_HEADER: Final = "auth-token"
_UPDATED_SINCE: Final = "updated-since"


def write(reply: Reply, now: datetime, headers: Mapping[str, str] | None = None) -> Response:
    """A reply as the framework sends it, dated with the virtual time."""
    date = format_datetime(now.replace(microsecond=0), usegmt=True)
    return Response(
        reply.body.encode(),
        reply.status,
        {"date": date, "content-type": reply.content_type, **(headers or {}), **reply.headers},
    )


def public_router(standin: Standin) -> APIRouter:
    """Routes of the source."""
    router = APIRouter(include_in_schema=False)

    @router.get("/health")
    async def health() -> Response:
        return write(Reply(200, compact({"monitors": {"state": "ok"}, "status": "ok"})), standin.clock.now())

    @router.get("/{version}/health")
    async def versioned_health(version: str) -> Response:
        _known(version)
        return await health()

    @router.get("/{version}/zones")
    async def zones(request: Request, version: str) -> Response:
        token = request.headers.get(_AUTH_HEADER)
        plan = standin.settings.tokens.get(token) if token else None
        if token and plan is None:
            raise invalid_token()
        return write(Reply(200, compact(zone_list(_known(version), plan))), standin.clock.now())

    @router.get("/{version}/updated-since")
    async def updated_since(request: Request, version: str) -> Response:
        return await _counted(standin, request, _known(version), Signal.CARBON_INTENSITY, _UPDATED_SINCE)

    @router.get("/{version}/{signal}/{temporality}")
    async def data(request: Request, version: str, signal: str, temporality: str) -> Response:
        return await _counted(standin, request, _known(version), signal, temporality)

    return router


def _known(version: str) -> Version:
    try:
        return Version(version)
    except ValueError:
        raise no_route() from None


async def _counted(standin: Standin, request: Request, version: Version, signal: str, temporality: str) -> Response:
    """Answer a request that needs a token and counts against its quota."""
    token = request.headers.get(_AUTH_HEADER)
    plan = standin.access.plan(token)
    quota = standin.access.count(token or "")
    zone, scenario = "", None
    try:
        standin.access.check_quota(quota)
        parameters = dict(request.query_params)
        zone = zone_asked(parameters, standin.settings.caller_zone)
        scenario = standin.scenarios.pick(request.url.path, zone)
        reply = instead_of_data(scenario, zone) if scenario else None
        if reply is None:
            if scenario and scenario.fault is Fault.SLOW:
                await asyncio.sleep(scenario.delay_seconds)
            if signal not in OFFERS:
                check_later_signal(version, signal, temporality, parameters)
                raise not_entitled(zone, temporality, signal)
            standin.access.check(plan, zone, signal, temporality)
            if temporality == _UPDATED_SINCE:
                updates = answering.updates(standin.source, zone, parameters, standin.clock.now())
                reply = Reply(200, compact(updates))
            else:
                ask = Ask.read(version, signal, temporality, zone, parameters)
                reply = await _data(standin, request, ask, plan, scenario)
    except ApiError as error:
        reply = Reply.of(error)
    path = f"{signal}/{temporality}" if signal in OFFERS else "other"
    standin.requests[path, zone, reply.status, scenario.fault.value if scenario else ""] += 1
    return write(reply, standin.clock.now(), quota.headers())


async def _data(standin: Standin, request: Request, ask: Ask, plan: Plan, scenario: Scenario | None) -> Reply:
    now, fault = standin.clock.now(), scenario.fault if scenario else None
    if ask.temporality == "forecast":
        return Reply(200, compact(answering.forecast(standin.source, ask, now)))
    if fault is Fault.WRONG_ZONE:
        other = ask.query._replace(zone=another_zone(ask.query.zone))
        return Reply(200, answering.observations(standin.source, ask, other, now).text())
    answer = answering.observations(standin.source, ask, ask.query, now)
    if plan.is_sandbox:
        answer = spoil(Fault.SANDBOX, answer, now)
    if fault is not None:
        answer = spoil(fault, answer, now)
    text = answer.text()
    if fault is Fault.TRUNCATED:
        return Reply(200, text[: len(text) * 2 // 3])
    if ask.query.flow_traced and not await request.is_disconnected():
        standin.ledger.record([row.key for row in answer.good])
    return Reply(200, text)
