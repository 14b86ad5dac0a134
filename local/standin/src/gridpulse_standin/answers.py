"""Answers before they are written to the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gridpulse_standin.errors import ApiError
from gridpulse_standin.source import Row, compact

__all__ = ["JSON", "Answer", "Reply"]

JSON: Final = "application/json; charset=utf-8"
"""Content type of the source's JSON."""


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer."""

    status: int
    body: str
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, error: ApiError) -> "Reply":
        """The answer that an error is."""
        return cls(error.status, compact(error.body), headers=error.headers)


@dataclass(frozen=True)
class Answer:
    """A good answer.

    `envelope` names the list of rows, or is None for a bare row. `head` and `tail` are the members before and after.
    `good` are the rows that a correct client must keep.
    """

    rows: tuple[Row, ...]
    envelope: str | None
    head: Mapping[str, Any]
    tail: Mapping[str, Any]
    good: tuple[Row, ...]

    def text(self) -> str:
        """The answer's JSON. The rows' text goes in as it is."""
        if self.envelope is None:
            middle = self.rows[0].text[1:-1]
        else:
            middle = f'"{self.envelope}":[{",".join(row.text for row in self.rows)}]'
        parts = (compact(self.head)[1:-1], middle, compact(self.tail)[1:-1])
        return "{" + ",".join(part for part in parts if part) + "}"
