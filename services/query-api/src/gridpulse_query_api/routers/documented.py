"""What the routes say of their answers in the OpenAPI document."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from gridpulse_query_api.answers import ARROW, CSV, JSON
from gridpulse_query_api.schemas import Problem

__all__ = ["PROBLEM_MEDIA_TYPE", "responses"]

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"
_PROBLEMS: Final[Mapping[int, str]] = {
    400: "A parameter can't be right; `detail` says what to write instead.",
    404: "There is no such zone, or no data of it yet.",
    406: "No format in `Accept` is one of ours.",
    422: "The data can't be shown this way; `detail` says which parameter to change.",
    503: "The data store does not answer; `Retry-After` says when to ask again.",
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


def responses(model: type[BaseModel], example: Any, *, csv: str) -> dict[int | str, dict[str, Any]]:
    """The answers of a route: of `model`, as in `example`; `csv` is how its CSV begins."""
    answers: dict[int | str, dict[str, Any]] = {
        200: {
            "model": model,
            "description": "The data.",
            "headers": {
                "ETag": {"description": "Send it back in If-None-Match.", "schema": {"type": "string"}},
                "Link": {"description": "The next page, where there is one.", "schema": {"type": "string"}},
            },
            "content": {
                JSON: {"example": example},
                CSV: {"schema": {"type": "string"}, "example": csv},
                ARROW: {"schema": {"type": "string", "format": "binary"}},
            },
        },
        304: {"description": "Nothing has changed since the answer with the ETag in If-None-Match."},
    }
    for status, description in _PROBLEMS.items():
        answers[status] = {
            "description": description,
            "content": {
                PROBLEM_MEDIA_TYPE: {
                    "schema": {"$ref": f"#/components/schemas/{Problem.__name__}"},
                    "example": _PROBLEM_EXAMPLE,
                }
            },
        }
    return answers
