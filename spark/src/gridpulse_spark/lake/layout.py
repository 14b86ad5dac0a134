"""Names in the lake. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

from gridpulse_contract.models import EVENT_MODELS, DeadLetter, Signal
from gridpulse_spark.errors import BadInputError
from gridpulse_spark.schemas import EventModel

__all__ = [
    "HOUR",
    "MANIFEST_NAME",
    "MARKER_NAME",
    "MARKER_TEXT",
    "MODELS",
    "STAGING",
    "file_name",
    "hour_folder",
    "hour_of",
    "parse_hour",
    "signal_folder",
]

HOUR: Final = timedelta(hours=1)
MODELS: Final[dict[str, EventModel | type[DeadLetter]]] = {
    **{signal.value: EVENT_MODELS[signal] for signal in Signal},
    "dead-letter": DeadLetter,
}
"""What is archived: the value of `signal=` -> what its messages are."""

MARKER_NAME: Final = "_lake.json"
MARKER_TEXT: Final = '{"format": "gridpulse-lake", "version": 1}\n'
MANIFEST_NAME: Final = "_manifest.json"
STAGING: Final = "_staging"


def hour_of(instant: datetime) -> datetime:
    """The start of the UTC hour that an aware instant is in."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def parse_hour(text: str) -> datetime:
    """The UTC hour in an ISO 8601 text with its offset. Raises BadInputError for anything else."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"{text!r} is no hour like 2026-11-25T10:00Z.") from None
    if instant.tzinfo is None:
        raise BadInputError(f"{text!r} does not say its offset from UTC: write 2026-11-25T10:00Z.")
    if instant != hour_of(instant):
        raise BadInputError(f"{text!r} is no whole hour of UTC.")
    return hour_of(instant)


def signal_folder(signal: str) -> str:
    """Where the hours of a signal are, below the lake's root."""
    return f"signal={signal}"


def hour_folder(signal: str, hour: datetime) -> str:
    """Where an hour of append time is, below the lake's root."""
    return f"{signal_folder(signal)}/append_date={hour:%Y-%m-%d}/append_hour={hour:%H}"


def file_name(partition: int, start: int, end: int) -> str:
    """The file of offsets [start, end) of a partition."""
    return f"p{partition}-{start}-{end}.parquet"
