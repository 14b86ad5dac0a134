"""How routes are added to the app, and what they say of themselves in the OpenAPI document."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import request_response

from gridpulse_query_api.answers import ARROW, CSV, JSON
from gridpulse_query_api.parameters import Parameters, Query, RangeQuery, RankingQuery
from gridpulse_query_api.schemas import Problem
from gridpulse_query_api.streams import EVENT_STREAM, EventStream

__all__ = ["PROBLEM_MEDIA_TYPE", "Endpoint", "add_event_stream", "add_route", "install_openapi"]

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"
_PROBLEMS: Final[Mapping[int, str]] = {
    400: "A parameter can't be right; `detail` says what to write instead.",
    404: "There is no such zone, or no data of it yet.",
    406: "No format in `Accept` is one of ours.",
    422: "The data can't be shown this way; `detail` says which parameter to change.",
    503: "The data store does not answer; `Retry-After` says when to ask again.",
}
_PROBLEMS_WITH_KEYS: Final[Mapping[int, str]] = {
    401: "No API key was sent, or one that is not valid.",
    429: "The key asks too often; `Retry-After` says when to ask again.",
}
_KEY_SCHEMES: Final[Mapping[str, Mapping[str, str]]] = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same key, as a bearer token."},
}
_PROBLEM_EXAMPLE: Final = {
    "type": "urn:gridpulse:problem:unknown-zone",
    "title": "There is no such zone",
    "status": 404,
    "detail": "No zone is called 'de'. Is DE meant?",
    "instance": "/v1/zones/de/power-breakdown/latest",
    "parameter": "zone",
    "near_matches": ["DE"],
}


_IN_PATH: Final = {
    "name": "zone",
    "in": "path",
    "required": True,
    "description": "Key of a zone.",
    "schema": {"type": "string"},
    "example": "DE",
}
_REFERENCES: Final = "#/components/schemas/{model}"

Endpoint = Callable[[Request], Awaitable[Response]]


class _DirectRoute(APIRoute):
    """A route that FastAPI documents and Starlette serves: the endpoint takes the request and returns the response.

    FastAPI's own reading of parameters costs more than all else in a request for the newest row
    (docs/decisions/query-api-hot-path.md).
    """

    def __init__(self, path: str, endpoint: Endpoint, *, example: Any, **documentation: Any) -> None:
        super().__init__(path, endpoint, methods=["GET"], response_model=None, **documentation)
        self.app = request_response(endpoint)
        self.example = example


def add_route(
    app: FastAPI,
    path: str,
    endpoint: Endpoint,
    *,
    tag: str,
    query: type[Query],
    answer: type[BaseModel],
    example: Any,
    csv: str,
) -> None:
    """Answer GET on `path`. The rest is documentation: what can be asked for, and an example of the answer; `csv` is
    how its CSV begins."""
    in_path = (_IN_PATH,) if "{zone}" in path else ()
    route = _DirectRoute(
        path,
        endpoint,
        example=example,
        tags=[tag],
        responses=_responses(answer, csv=csv),
        openapi_extra={"parameters": [*in_path, *_parameters(query)]},
    )
    app.router.routes.append(route)


def add_event_stream(
    app: FastAPI, path: str, endpoint: Endpoint, *, tag: str, query: type[Parameters], example: str
) -> None:
    """Answer GET on `path` with server-sent events, which begin like `example`."""
    statuses = (400, 404, 503)
    responses: dict[int | str, dict[str, Any]] = {
        200: {
            "description": "Server-sent events, until one side ends them.",
            "content": {EVENT_STREAM: {"schema": {"type": "string"}, "example": example}},
        },
        **{status: _problem_response(_PROBLEMS[status]) for status in statuses},
    }
    last_event_id = {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The last id that the client got, to go on from there. EventSource sends it by itself.",
        "schema": {"type": "string"},
    }
    parameters = [_IN_PATH, last_event_id, *_parameters(query)]
    route = _DirectRoute(
        path,
        endpoint,
        example=None,
        status_code=200,
        response_class=EventStream,
        tags=[tag],
        responses=responses,
        openapi_extra={"parameters": parameters},
    )
    app.router.routes.append(route)


def install_openapi(app: FastAPI, *, with_keys: bool) -> None:
    """Serve FastAPI's document with the schemas that only parameters and problems refer to, and what API keys add."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            schemas: dict[str, Any] = document["components"]["schemas"]
            schemas[Problem.__name__] = Problem.model_json_schema(ref_template=_REFERENCES)
            for model in (RangeQuery, RankingQuery):
                schemas |= model.model_json_schema(ref_template=_REFERENCES)["$defs"]
            for route in app.routes:
                if (
                    isinstance(route, _DirectRoute) and route.example is not None
                ):  # FastAPI drops the nulls of an example, and with them its sense
                    ok = document["paths"][route.path]["get"]["responses"]["200"]
                    ok["content"][JSON]["example"] = route.example
            if with_keys:
                document["components"]["securitySchemes"] = _KEY_SCHEMES
                document["security"] = [{scheme: []} for scheme in _KEY_SCHEMES]  # either will do
                for path in document["paths"].values():
                    path["get"]["responses"] |= {
                        str(status): _problem_response(description)
                        for status, description in _PROBLEMS_WITH_KEYS.items()
                    }
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # FastAPI's documented way to change its document


def _parameters(query: type[Parameters]) -> list[dict[str, Any]]:
    """The fields of the query as OpenAPI parameters; a list is written with commas."""
    schema = query.model_json_schema(ref_template=_REFERENCES)
    parameters: list[dict[str, Any]] = []
    for name, field in schema["properties"].items():
        description = field.pop("description")
        parameter: dict[str, Any] = {"name": name, "in": "query", "description": description, "schema": field}
        if name in schema.get("required", ()):
            parameter["required"] = True
        if field.get("type") == "array":
            parameter |= {"style": "form", "explode": False}
        parameters.append(parameter)
    return parameters


def _responses(model: type[BaseModel], *, csv: str) -> dict[int | str, dict[str, Any]]:
    """The answers of a route: of `model`; `csv` is how its CSV begins."""
    answers: dict[int | str, dict[str, Any]] = {
        200: {
            "model": model,
            "description": "The data.",
            "headers": {
                "ETag": {"description": "Send it back in If-None-Match.", "schema": {"type": "string"}},
                "Link": {"description": "The next page, where there is one.", "schema": {"type": "string"}},
            },
            "content": {
                CSV: {"schema": {"type": "string"}, "example": csv},
                ARROW: {"schema": {"type": "string", "format": "binary"}},
            },
        },
        304: {"description": "Nothing has changed since the answer with the ETag in If-None-Match."},
    }
    for status, description in _PROBLEMS.items():
        answers[status] = _problem_response(description)
    return answers


def _problem_response(description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        "description": description,
        "content": {PROBLEM_MEDIA_TYPE: {"schema": schema, "example": _PROBLEM_EXAMPLE}},
    }
