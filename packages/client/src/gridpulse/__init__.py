"""A client of GridPulse's query API: what is produced, consumed and exchanged, and how much carbon is in it.

    from gridpulse import Client

    with Client("http://127.0.0.1:8000") as client:
        now = client.latest("DE")
        day = client.range("DE", start=datetime(2026, 1, 31, tzinfo=UTC), signal="carbon-intensity").dataframe()

Times are aware and in UTC; ranges include their start and exclude their end. Missing is None, never 0.
"""

from gridpulse.client import DEFAULT_URL, Client
from gridpulse.errors import (
    AnswerError,
    BusyError,
    FaultError,
    GridPulseError,
    MissingExtraError,
    ProblemError,
    RefusedError,
    UnreachableError,
)
from gridpulse.listing import Listing
from gridpulse.watching import Event

__all__ = [
    "DEFAULT_URL",
    "AnswerError",
    "BusyError",
    "Client",
    "Event",
    "FaultError",
    "GridPulseError",
    "Listing",
    "MissingExtraError",
    "ProblemError",
    "RefusedError",
    "UnreachableError",
]
