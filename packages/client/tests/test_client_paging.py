"""Pages are followed to the last, and nowhere else."""

from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse import AnswerError, Client, Listing
from gridpulse.listing import following_query

from .conftest import URL, Connect, page

NUMBERS = st.lists(st.lists(st.integers(), max_size=3), min_size=1, max_size=6)


def paged(contents: list[object]) -> Callable[[httpx.Request], httpx.Response]:
    """A server of these pages, whose number is the parameter `start`."""

    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("start", "0"))
        following = f"/v1/list?start={number + 1}&format=json" if number + 1 < len(contents) else None
        return page(contents[number], following, unit="MW")

    return answer


@given(NUMBERS)
def test_all_rows_come_in_their_order_with_what_is_said_of_all(pages: list[list[int]]) -> None:
    with Client(URL, transport=httpx.MockTransport(paged([*pages]))) as client:
        rows = [number for numbers in pages for number in numbers]
        assert list(client.listing("/v1/list").rows()) == rows
        assert client.listing("/v1/list").document() == {"unit": "MW", "data": rows, "next": None}


def test_csv_has_one_header(connect: Connect) -> None:
    pages: list[object] = [b"at,name\r\n1,a\r\n", b"at,name\r\n", b'at,name\r\n2,"b\r\nc"\r\n']
    content = b"".join(connect(paged(pages)).listing("/v1/list").csv())
    assert content == b'at,name\r\n1,a\r\n2,"b\r\nc"\r\n'


def test_csv_whose_columns_change_is_an_error(connect: Connect) -> None:
    with pytest.raises(AnswerError, match="columns have changed"):
        list(connect(paged([b"at,a\r\n1,2\r\n", b"at,b\r\n2,3\r\n"])).listing("/v1/list").csv())


def test_a_link_leads_to_no_other_place(connect: Connect) -> None:
    """Neither the key nor the question goes where a link says, below whatever path the API is served."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return page([1], "http://elsewhere.test/v9/x?start=2" if len(asked) == 1 else None)

    assert list(connect(answer).listing("/v1/list", start="1").rows()) == [1, 1]
    assert [str(request.url.copy_with(query=None)) for request in asked] == [f"{URL}/v1/list"] * 2
    assert asked[1].url.params["start"] == "2"


def test_pages_that_go_in_a_circle_are_an_error(connect: Connect) -> None:
    with pytest.raises(AnswerError, match="is this one"):
        list(connect(lambda _: page([1], "/v1/list?start=1&format=json")).listing("/v1/list", start="1").rows())


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"data": 1}', b"{}", b"\xff"])
def test_what_is_no_list_is_an_error(connect: Connect, content: bytes) -> None:
    listing = connect(lambda _: httpx.Response(200, content=content)).listing("/v1/list")
    for ask in (lambda: list(listing.rows()), listing.document):
        with pytest.raises(AnswerError, match="not a list"):
            ask()


def test_what_is_no_arrow_is_an_error(connect: Connect) -> None:
    with pytest.raises(AnswerError, match="Arrow"):
        connect(lambda _: page(b"<html>")).listing("/v1/list").arrow()


@given(st.one_of(st.text(), st.text().map(lambda text: f'<{text}>; rel="next"')))
def test_any_link_header_is_read_or_refused(header: str) -> None:
    response = httpx.Response(200, headers={b"link": header.encode()}, request=httpx.Request("GET", URL))
    try:
        following = following_query(response)
    except AnswerError:
        return
    assert following is None or isinstance(following, dict)


def test_nothing_is_asked_before_it_is_needed(connect: Connect) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return paged([[1], [2]])(request)

    listing: Listing = connect(answer).listing("/v1/list")
    rows = listing.rows()
    assert asked == []
    assert next(rows) == 1
    assert len(asked) == 1
