"""The OpenAPI document: complete, and its examples are what it says they are."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from .conftest import Api

STREAM = "/v1/zones/{zone}/stream"


@pytest.fixture
async def document(api: Api) -> dict[str, Any]:
    document: dict[str, Any] = await api.json("/openapi.json")
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        yield path, methods["get"]


def validate(document: dict[str, Any], schema: dict[str, Any], instance: Any) -> None:
    resolvable = {**schema, "components": document["components"]}
    validator: Any = Draft202012Validator(resolvable, format_checker=Draft202012Validator.FORMAT_CHECKER)
    validator.validate(instance)


def test_every_example_validates(document: dict[str, Any]) -> None:
    count = 0
    for _, operation in operations(document):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                if "example" in content:
                    validate(document, content["schema"], content["example"])
                    count += 1
    assert count > 60


def test_only_tables_of_what_can_be_composed_have_a_column_for_it(document: dict[str, Any]) -> None:
    tables = {
        path: operation["responses"]["200"]["content"]["text/csv"]["example"].splitlines()[0].split(",")
        for path, operation in operations(document)
        if "text/csv" in operation["responses"]["200"]["content"]
    }
    base = "/v1/zones/{zone}"
    assert {path for path, columns in tables.items() if "composed_of" in columns} == {
        f"{base}/{name}{kind}" for name in ("power-breakdown", "flows") for kind in ("", "/latest", "/revisions")
    } & set(tables)
    assert "neighbour" in tables[f"{base}/electricity-flows"]


def test_every_route_is_described(document: dict[str, Any]) -> None:
    found = dict(operations(document))
    assert set(found) == {
        "/v1/zones",
        "/v1/zones/{zone}",
        "/v1/zones/{zone}/power-breakdown",
        "/v1/zones/{zone}/power-breakdown/latest",
        "/v1/zones/{zone}/power-breakdown/revisions",
        "/v1/zones/{zone}/carbon-intensity",
        "/v1/zones/{zone}/carbon-intensity/latest",
        "/v1/zones/{zone}/carbon-intensity/revisions",
        "/v1/zones/{zone}/electricity-mix",
        "/v1/zones/{zone}/electricity-mix/latest",
        "/v1/zones/{zone}/electricity-mix/revisions",
        "/v1/zones/{zone}/electricity-flows",
        "/v1/zones/{zone}/electricity-flows/latest",
        "/v1/zones/{zone}/electricity-flows/revisions",
        "/v1/zones/{zone}/flows",
        "/v1/zones/{zone}/forecast",
        "/v1/zones/{zone}/forecast/errors",
        "/v1/zones/{zone}/best-window",
        "/v1/zones/{zone}/energy/daily",
        "/v1/zones/{zone}/data-quality",
        "/v1/compare",
        "/v1/ranking",
        STREAM,
    }
    for path, operation in found.items():
        if path == STREAM:
            continue
        assert operation["description"], path
        ok = operation["responses"]["200"]["content"]
        assert set(ok) == {"application/json", "text/csv", "application/vnd.apache.arrow.stream"}, path
        assert {"304", "400", "404", "406", "422", "503"} <= set(operation["responses"]), path
        assert "application/json" not in operation["responses"]["422"]["content"], path
        for parameter in operation["parameters"]:
            described = parameter.get("description") or parameter["schema"].get("description")
            assert described or parameter["name"] == "zone", (path, parameter["name"])


def test_the_stream_is_described(document: dict[str, Any]) -> None:
    operation = document["paths"][STREAM]["get"]
    assert set(operation["responses"]) == {"200", "400", "404", "503"}
    content = operation["responses"]["200"]["content"]
    assert set(content) == {"text/event-stream"}
    assert "event: power-breakdown\ndata: {" in content["text/event-stream"]["example"]
    parameters = {(parameter["in"], parameter["name"]) for parameter in operation["parameters"]}
    assert parameters == {("path", "zone"), ("header", "Last-Event-ID"), ("query", "granularity"), ("query", "variant")}


def test_no_reference_leads_nowhere(document: dict[str, Any]) -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():  # pyright: ignore[reportUnknownVariableType]  JSON
                if key == "$ref":
                    yield str(value)  # pyright: ignore[reportUnknownArgumentType]  JSON
                else:
                    yield from references(value)
        elif isinstance(node, list):
            for value in node:  # pyright: ignore[reportUnknownVariableType]  JSON
                yield from references(value)

    names = {reference.removeprefix("#/components/schemas/") for reference in references(document)}
    assert names <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in document["components"]["schemas"]
