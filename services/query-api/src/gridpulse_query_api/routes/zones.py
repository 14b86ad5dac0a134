"""`/v1/zones`: the reference of zones."""

from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response

from gridpulse_contract.zones import Zone
from gridpulse_query_api.answers import answer, format_of, list_answer, table_answer
from gridpulse_query_api.directory import ZoneDirectory
from gridpulse_query_api.errors import UnknownZoneError
from gridpulse_query_api.examples import ZONE
from gridpulse_query_api.parameters import Query, parse
from gridpulse_query_api.routes.documented import add_route
from gridpulse_query_api.schemas import ZoneDocument, ZoneList
from gridpulse_query_api.tables import Column, ColumnType

__all__ = ["add_zones"]

_CSV = "key,name,country,timezone,parent,sub_zones,neighbours\r\n"


def add_zones(app: FastAPI, directory: ZoneDirectory) -> None:
    """Add the routes of the reference, which need no store."""

    async def zones(request: Request) -> Response:
        """Every zone of the reference. The source may have more: those can be read too, without local days."""
        form = format_of(request, parse(Query, request).format)
        documents = [_document(directory, zone) for zone in directory.zones.values()]
        return list_answer(request, form, {}, lambda: documents, lambda: _columns(documents))

    async def zone(request: Request) -> Response:
        """One zone of the reference."""
        form = format_of(request, parse(Query, request).format)
        key: str = request.path_params["zone"]
        found = directory.get(key)
        if found is None:
            raise UnknownZoneError(key, directory.near_matches(key))
        document = _document(directory, found)
        return answer(request, document) if form == "json" else table_answer(request, form, {}, _columns([document]))

    add = partial(add_route, app, tag="zones", query=Query, csv=_CSV)
    add("/v1/zones", zones, answer=ZoneList, example={"data": [ZONE], "next": None})
    add("/v1/zones/{zone}", zone, answer=ZoneDocument, example=ZONE)


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
