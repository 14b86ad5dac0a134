"""Formats, validators and links, over routes that need no store."""

import csv
import importlib
import io
import math
from typing import Any, Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_query_api.tables import Column, ColumnType, Table

from .conftest import Api

pa: Final[Any] = importlib.import_module("pyarrow")  # it has no type information


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/html, text/csv;q=0.5, */*;q=0.1", "text/csv; charset=utf-8"),
        ("application/vnd.apache.arrow.stream, */*;q=0.1", "application/vnd.apache.arrow.stream"),
        ("text/csv;q=0, application/json", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("text/csv;Q=0.1, application/json", "application/json"),
        ("", "application/json"),
    ],
)
async def test_accept_decides_the_format(api: Api, accept: str, content_type: str) -> None:
    answer = await api.get("/v1/zones", headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == content_type
    assert answer.headers["vary"] == "accept"


async def test_headers_in_several_lines_are_one_list(api: Api) -> None:
    transport = httpx.ASGITransport(api.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        first = await client.get("/v1/zones", headers=[("accept", "text/html"), ("accept", "text/csv")])
        assert first.headers["content-type"] == "text/csv; charset=utf-8"
        known = [("if-none-match", '"other"'), ("if-none-match", first.headers["etag"]), ("accept", "text/csv")]
        assert (await client.get("/v1/zones", headers=known)).status_code == 304


async def test_the_format_parameter_wins_over_accept(api: Api) -> None:
    answer = await api.get("/v1/zones", headers={"accept": "text/csv"}, format="json")
    assert answer.headers["content-type"] == "application/json"


async def test_no_acceptable_format(api: Api) -> None:
    answer = await api.get("/v1/zones", headers={"accept": "image/png"})
    assert answer.status_code == 406
    assert answer.json()["parameter"] == "accept"
    assert "text/csv" in answer.json()["detail"]


@pytest.mark.parametrize("form", ["json", "csv", "arrow"])
async def test_a_validator_saves_the_body(api: Api, form: str) -> None:
    first = await api.get("/v1/zones", format=form)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, no-cache"
    for known in (tag, f'"other", {tag}', "*"):
        again = await api.get("/v1/zones", headers={"if-none-match": known}, format=form)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    changed = await api.get("/v1/zones", headers={"if-none-match": '"other"'}, format=form)
    assert (changed.status_code, changed.content) == (200, first.content)


async def test_formats_have_validators_of_their_own(api: Api) -> None:
    tags = {(await api.get("/v1/zones", format=form)).headers["etag"] for form in ("json", "csv", "arrow")}
    assert len(tags) == 3


async def test_zones_say_the_same_in_every_format(api: Api) -> None:
    documents: list[dict[str, Any]] = (await api.json("/v1/zones"))["data"]
    assert len(documents) >= 40
    rows = list(csv.DictReader(io.StringIO((await api.get("/v1/zones", format="csv")).text)))
    table = pa.ipc.open_stream((await api.get("/v1/zones", format="arrow")).content).read_all()
    assert [row["key"] for row in rows] == [document["key"] for document in documents]
    assert [row["neighbours"].split() for row in rows] == [document["neighbours"] for document in documents]
    assert table.to_pylist() == documents


async def test_one_zone(api: Api) -> None:
    italy = await api.json("/v1/zones/IT")
    assert (italy["name"], italy["timezone"], italy["parent"]) == ("Italy", "Europe/Rome", None)
    assert "IT-NO" in italy["sub_zones"]
    assert "FR" in italy["neighbours"]


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))
cells = st.tuples(
    st.none() | st.integers(0, 2**42),
    st.floats(allow_nan=True, allow_infinity=False),
    st.none() | st.integers(-(2**60), 2**60),
    st.none() | texts,
    st.lists(st.text("abc", min_size=1), max_size=3),
)


@given(st.lists(cells, max_size=6))
def test_tables_lose_nothing(rows: list[tuple[Any, ...]]) -> None:
    values = list(zip(*rows, strict=True)) if rows else [()] * 5
    columns = [Column(kind.name.lower(), kind, list(column)) for kind, column in zip(ColumnType, values, strict=True)]
    table = Table(columns, {"unit": "MW"})

    arrow = pa.ipc.open_stream(table.to_arrow()).read_all()
    assert arrow.schema.metadata == {b"unit": b"MW"}
    assert arrow["number"].to_pylist() == [None if math.isnan(value) else value for value in values[1]]
    assert arrow["instant"].cast(pa.int64()).to_pylist() == list(values[0])
    assert arrow["text"].to_pylist() == list(values[3])
    assert arrow["texts"].to_pylist() == list(values[4])

    read = list(csv.DictReader(io.StringIO(table.to_csv().decode(), newline="")))
    assert [row["number"] for row in read] == ["" if math.isnan(value) else repr(value) for value in values[1]]
    assert [row["text"] for row in read] == [value or "" for value in values[3]]
    assert [row["texts"].split() for row in read] == list(values[4])
