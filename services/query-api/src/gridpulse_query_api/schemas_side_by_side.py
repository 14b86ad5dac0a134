"""The answers about several zones as the OpenAPI document describes them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from gridpulse_query_api.buckets import Resolution
from gridpulse_query_api.parameters import Metric
from gridpulse_query_api.schemas import Attributed, Document, Kind, Number, Page

__all__ = ["Comparison", "Ranking"]


class ComparedValue(Document):
    """One zone's number."""

    value: Number
    kind: Kind | Literal["mixed"] | None
    updated_at: datetime | None
    coverage_percent: float | None = Field(default=None, description="Of the time that has the number; in roll-ups.")


class ComparedRow(Document):
    """One interval or bucket."""

    at: datetime
    values: dict[str, ComparedValue | None] = Field(description="By zone; null where a zone has no row.")


class _OfMetric(Attributed):
    metric: Metric
    unit: str
    variant: Literal["lifecycle", "direct"] | None = Field(default=None, description="Of the carbon intensity.")


class Comparison(_OfMetric, Page):
    """One number of several zones, side by side."""

    zones: list[str]
    resolution: Resolution | None = None
    as_of: datetime | None = None
    data: list[ComparedRow]


class RankedZone(Document):
    """A zone's newest number."""

    rank: int | None = Field(description="Equal numbers share a rank; null where there is no number, or it is too old.")
    zone: str
    name: str | None
    value: Number
    kind: Kind | None
    at: datetime | None
    updated_at: datetime | None
    age_seconds: int | None


class Ranking(_OfMetric):
    """The zones in the order of their newest number."""

    order: Literal["ascending", "descending"]
    max_age_hours: float
    data: list[RankedZone]
    next: None
