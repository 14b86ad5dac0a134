"""Splits an answer into its envelope and its rows, each row with its JSON text exactly as received."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn, cast

__all__ = ["Document", "Row", "put_back", "split"]

_ENVELOPES: Final = ("data", "history", "forecast")
_WHITESPACE: Final = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True)
class Row:
    """One element of an envelope's list, or the bare object itself: its value and its exact text."""

    value: Any
    text: str


@dataclass(frozen=True)
class Document:
    """`envelope` names the list's key (None for a bare object); `fields` are the members beside the list."""

    envelope: str | None
    fields: dict[str, Any]
    rows: tuple[Row, ...]

    def empty_envelope(self) -> str | None:
        """The envelope as JSON with its list empty and last; None for a bare object."""
        return None if self.envelope is None else json.dumps({**self.fields, self.envelope: []})


def put_back(row: bytes, empty_envelope: str) -> bytes:
    """A row's text in its envelope, of which the list is empty and last: the answer that it could have come in."""
    return empty_envelope.removesuffix("]}").encode() + row + b"]}"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def split(text: str) -> Document | None:
    """The document in `text`, or None where it is JSON but neither an object nor an envelope with a list.

    Raises ValueError or RecursionError where it is not JSON, or is nested too deeply to read.
    """
    start = _skip(text, 0)
    document, end = _DECODER.raw_decode(text, start)
    if _skip(text, end) != len(text):
        raise ValueError("text after the end of the JSON document")
    if not isinstance(document, dict):
        return None
    fields = cast("dict[str, Any]", document)
    envelope = next((key for key in _ENVELOPES if key in fields), None)
    if envelope is None:
        return Document(envelope=None, fields=fields, rows=(Row(fields, text[start:end]),))
    if not isinstance(fields[envelope], list):
        return None
    rows = _elements(text, _position_of_member(text, start, envelope))
    return Document(envelope, {key: value for key, value in fields.items() if key != envelope}, tuple(rows))


# The two scanners below walk text that the decoder has already accepted, so they need not check the grammar.


def _position_of_member(text: str, position: int, wanted: str) -> int:
    """Where the value of an object's last member named `wanted` starts (the last one wins, as in the decoder)."""
    found = -1
    position = _skip(text, position + 1)
    while text[position] != "}":
        key, position = _DECODER.raw_decode(text, position)
        position = _skip(text, _skip(text, position) + 1)  # past the colon
        if key == wanted:
            found = position
        _, position = _DECODER.raw_decode(text, position)
        position = _past_comma(text, position)
    return found


def _elements(text: str, position: int) -> list[Row]:
    rows: list[Row] = []
    position = _skip(text, position + 1)
    while text[position] != "]":
        start = position
        value, position = _DECODER.raw_decode(text, start)
        rows.append(Row(value, text[start:position]))
        position = _past_comma(text, position)
    return rows


def _past_comma(text: str, position: int) -> int:
    position = _skip(text, position)
    return _skip(text, position + 1) if text[position] == "," else position


def _skip(text: str, position: int) -> int:
    match = _WHITESPACE.match(text, position)
    return match.end() if match else position
