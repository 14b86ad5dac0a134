"""`/v1/zones`: the reference of zones."""

from typing import Annotated, Any

import fastapi
from fastapi import APIRouter, Request, Response

from gridpulse_contract.zones import Zone
from gridpulse_query_api.answers import answer, format_of, list_answer, table_answer
from gridpulse_query_api.directory import ZoneDirectory
from gridpulse_query_api.errors import UnknownZoneError
from gridpulse_query_api.examples import ZONE
from gridpulse_query_api.parameters import Query
from gridpulse_query_api.routers.documented import responses
from gridpulse_query_api.schemas import ZoneDocument, ZoneList
from gridpulse_query_api.tables import Column, ColumnType

__all__ = ["zones_router"]

_CSV = "key,name,country,timezone,parent,sub_zones,neighbours\r\n"


def zones_router(directory: ZoneDirectory) -> APIRouter:
    """Routes of the reference, which need no store."""
    router = APIRouter(tags=["zones"])

    @router.get("/zones", responses=responses(ZoneList, {"data": [ZONE], "next": None}, csv=_CSV))
    async def zones(request: Request, query: Annotated[Query, fastapi.Query()]) -> Response:
        """Every zone of the reference. The source may have more: those can be read too, without local days."""
        documents = [_document(directory, zone) for zone in directory.zones.values()]
        return list_answer(
            request, format_of(request, query.format), {}, lambda: documents, lambda: _columns(documents)
        )

    @router.get("/zones/{zone}", responses=responses(ZoneDocument, ZONE, csv=_CSV))
    async def zone(zone: str, request: Request, query: Annotated[Query, fastapi.Query()]) -> Response:
        """One zone of the reference."""
        form = format_of(request, query.format)
        found = directory.get(zone)
        if found is None:
            raise UnknownZoneError(zone, directory.near_matches(zone))
        document = _document(directory, found)
        return answer(request, document) if form == "json" else table_answer(request, form, {}, _columns([document]))

    return router


def _document(directory: ZoneDirectory, zone: Zone) -> dict[str, Any]:
    return {
        "key": zone.key,
        "name": zone.name,
        "country": zone.country,
        "timezone": zone.timezone,
        "parent": zone.parent,
        "sub_zones": directory.sub_zones(zone.key),
        "neighbours": zone.neighbours,
    }


def _columns(documents: list[dict[str, Any]]) -> list[Column]:
    lists = ("sub_zones", "neighbours")
    return [
        Column(name, ColumnType.TEXTS if name in lists else ColumnType.TEXT, [document[name] for document in documents])
        for name in ZoneDocument.model_fields
    ]
