"""What the API answers as a list, whole, whatever number of pages it comes in."""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import httpx

from gridpulse.asking import Asking
from gridpulse.errors import AnswerError, MissingExtraError
from gridpulse.files import whole_file

__all__ = ["Document", "Listing", "following_query", "without_header"]

Document = dict[str, Any]
"""An object of the API's JSON."""


@dataclass(frozen=True)
class Listing:
    """A question whose answer is a list. Each method asks it anew, follows the pages, and may raise GridPulseError.

    `rows` and `document` are the API's JSON. The other forms are its flat tables: a column for each number, by name
    the same as in the JSON or, of modes, `prod_wind_mw` and `cons_wind_mw`.
    """

    asking: Asking
    path: str
    query: Mapping[str, str]

    def rows(self) -> Iterator[Document]:
        """The members of the list, page after page as they are needed."""
        for page in self._json_pages():
            yield from page["data"]

    def document(self) -> Document:
        """The answer as if it were one page: units and all else that is said of the rows, and the rows as `data`."""
        pages = self._json_pages()
        first = next(pages)
        data = [*first["data"], *(row for page in pages for row in page["data"])]
        return {**first, "data": data, "next": None}

    def csv(self) -> Iterator[bytes]:
        """CSV (RFC 4180, UTF-8) in pieces: a header line, then rows; missing is empty, instants are in UTC."""
        header: bytes | None = None
        for page in self._pages("csv"):
            if header is None:
                header = page.content.partition(b"\r\n")[0]
                yield page.content
            else:
                yield without_header(page.content, header)

    def arrow(self) -> Any:
        """A `pyarrow.Table`, instants as timestamps in UTC; what is said of all rows is in its schema's metadata.

        Needs pyarrow.
        """
        arrow = _library("pyarrow", "Arrow tables and Parquet files need pyarrow: pip install pyarrow")
        tables: list[Any] = []
        for page in self._pages("arrow"):
            try:
                tables.append(arrow.ipc.open_stream(page.content).read_all())
            except arrow.ArrowInvalid as error:
                raise AnswerError(f"{page.url}: this is not an Arrow stream: {error}") from error
        return arrow.concat_tables(tables)

    def parquet(self, path: Path) -> int:
        """Write a Parquet file, whole or not at all; returns the number of rows. Needs pyarrow. Raises OSError too."""
        table = self.arrow()
        with whole_file(path) as file:
            _library("pyarrow.parquet", "Parquet files need pyarrow: pip install pyarrow").write_table(
                table, file, compression="zstd"
            )
        return int(table.num_rows)

    def dataframe(self) -> Any:
        """A `pandas.DataFrame`, instants as timestamps in UTC, missing as NaN or None. Needs pandas and pyarrow."""
        _library("pandas", "DataFrames need pandas and pyarrow: pip install pandas pyarrow")
        return self.arrow().to_pandas()

    def _json_pages(self) -> Iterator[Document]:
        for page in self._pages("json"):
            yield _page_of(page)

    def _pages(self, form: Literal["json", "csv", "arrow"]) -> Iterator[httpx.Response]:
        query: Mapping[str, str] | None = {**self.query, "format": form}
        while query is not None:
            page = self.asking.get(self.path, query)
            yield page
            following = following_query(page)
            if following == query:
                raise AnswerError(f"{page.url}: the page after this one is this one.")
            query = following


def following_query(page: httpx.Response) -> Mapping[str, str] | None:
    """The query of the next page, None on the last.

    Its path is that of this page. So a proxy may serve the API below a path that the API does not know, and the key
    goes nowhere else whatever a link says. Raises AnswerError.
    """
    address = page.links.get("next", {}).get("url")
    try:
        return None if address is None else dict(httpx.URL(address).params)
    except httpx.InvalidURL as error:
        raise AnswerError(f"{page.url}: the address of the next page is none: {error}") from error


def without_header(content: bytes, header: bytes) -> bytes:
    """The lines after the header of one page's CSV. Raises AnswerError where it is another header."""
    own, _, rest = content.partition(b"\r\n")
    if own != header:
        raise AnswerError("The columns have changed from one page to the next. Ask again, or for less at once.")
    return rest


def _page_of(response: httpx.Response) -> Document:
    try:
        document: Any = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(cast("Document", document).get("data"), list):
        raise AnswerError(f"{response.url}: this is not a list of the query API.")
    return cast("Document", document)


def _library(name: str, otherwise: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(otherwise) from error
