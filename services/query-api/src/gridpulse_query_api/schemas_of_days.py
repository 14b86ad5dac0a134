"""The answers about whole days as the OpenAPI document describes them."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from gridpulse_contract.models import PowerByMode
from gridpulse_query_api.schemas import Document, Page

__all__ = ["DataQualityPage", "EnergyPage"]

Number = float | None


class DayOfEnergy(Document):
    """Energy over the covered part of a day. Null is not reported, which is not 0."""

    day: date = Field(description="The date, on the calendar asked for.")
    at: datetime = Field(description="When it begins.")
    end: datetime = Field(description="Its end, exclusive: 23, 24 or 25 hours later.")
    updated_at: datetime = Field(description="The newest revision in it.")
    kind: Literal["measured", "estimated", "unknown", "mixed"]
    measured_percent: float = Field(description="Measured hours, of those that are there.")
    production_mwh: PowerByMode = Field(description="Negative where storage charged more than it gave.")
    consumption_mwh: PowerByMode
    production_total_mwh: Number
    consumption_total_mwh: Number
    import_total_mwh: Number
    export_total_mwh: Number
    coverage_percent_by_value: dict[str, Any] = Field(description="Of each number: hours that have it, of the day's.")


class EnergyPage(Page):
    """Energy by day. Days without any row are left out."""

    zone: str
    calendar: Literal["utc", "local"]
    timezone: str = Field(description="The clock of the calendar: an IANA name.")
    energy_unit: Literal["MWh"]
    attribution: str = Field(description="Where the data come from.")
    data: list[DayOfEnergy]


class Finding(Document):
    """What a rule says about a day."""

    day: date = Field(description="In UTC.")
    rule: str
    severity: Literal["ok", "warning", "error"]
    findings: int = Field(description="How many hours, or the like, the rule found.")
    detail: str | None = Field(description="What it found, in a sentence; null where nothing.")


class DataQualityPage(Page):
    """What looks wrong with the data, by day and rule."""

    zone: str
    attribution: str = Field(description="Where the data come from.")
    data: list[Finding]
