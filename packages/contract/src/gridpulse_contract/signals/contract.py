"""What the platform must know of a signal, beside its tables."""

from dataclasses import dataclass
from typing import Protocol

from gridpulse_contract.events import Event
from gridpulse_contract.reading import RowReader

__all__ = ["SignalContract"]


class _Read(Protocol):
    def __call__(self, reader: RowReader, *, accept_sandbox: bool) -> Event:
        """The event in a row. Raises RejectedError, or pydantic's ValidationError."""
        ...


@dataclass(frozen=True)
class SignalContract:
    """A signal's event, how a row becomes one, and how the API is asked for it.

    `asked_as` is its name in the API's paths, `variant_parameter` the parameter that chooses among its `variants`.
    `known_fields` are the members of a row that `read` knows beside those of every row.
    """

    model: type[Event]
    read: _Read
    known_fields: frozenset[str]
    asked_as: str
    is_forecast: bool = False
    variant_parameter: str | None = None
    variants: tuple[str, ...] = ("",)
    oldest_api_version: int = 3
