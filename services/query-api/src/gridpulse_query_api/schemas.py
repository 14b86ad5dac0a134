"""The answers as the OpenAPI document describes them. Nothing is validated against these when an answer is made."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gridpulse_contract.models import Granularity, PowerByMode
from gridpulse_query_api.buckets import Resolution

__all__ = [
    "Attributed",
    "ByNeighbour",
    "CarbonIntensityPage",
    "Document",
    "FlowsPage",
    "IntervalBucket",
    "IntervalRow",
    "Kind",
    "LatestCarbonIntensity",
    "LatestPowerBreakdown",
    "Number",
    "OfPower",
    "Page",
    "PowerBreakdownPage",
    "Problem",
    "RevisionsOfCarbonIntensity",
    "RevisionsOfPowerBreakdown",
    "RollUpPage",
    "ZoneDocument",
    "ZoneList",
]

Kind = Literal["measured", "estimated", "unknown"]
Number = float | None
ByNeighbour = dict[str, float | None]


class Document(BaseModel):
    """Base of every answer and of what is in it: nothing but what is described."""

    model_config = ConfigDict(extra="forbid")


class ZoneDocument(Document):
    """A zone of the source."""

    key: str
    name: str
    country: str = Field(description="ISO 3166-1 alpha-2 (XK for Kosovo).")
    timezone: str = Field(description="IANA name.")
    parent: str | None = Field(description="The zone that this one is a part of.")
    sub_zones: list[str] = Field(description="The zones that this one is the sum of.")
    neighbours: list[str] = Field(description="The zones across its interconnectors.")


class ZoneList(Document):
    """Every zone of the reference."""

    data: list[ZoneDocument]
    next: None


class IntervalRow(Document):
    """Base of every row."""

    at: datetime = Field(description="Start of the interval.")
    updated_at: datetime = Field(description="When the source made this revision.")
    kind: Kind
    estimation_method: str | None
    quality: list[str] = Field(description="What looks wrong in the row: balance, sign, range, ahead.")


class IntervalBucket(Document):
    """Base of every roll-up."""

    at: datetime = Field(description="Start of the hour, day or month.")
    end: datetime = Field(description="Its end, exclusive.")
    updated_at: datetime | None = Field(description="The newest revision in it.")
    kind: Kind | Literal["mixed"] | None
    measured_percent: Number = Field(description="Measured rows, of those that are there.")
    rows: int
    expected_rows: int = Field(description="Rows that a full one has.")
    coverage_percent: float = Field(description="Rows that are there, of those expected.")
    coverage_percent_by_value: dict[str, Any] = Field(description="The same for each number, as rows can lack some.")


class _ComposableRow(IntervalRow):
    composed_of: list[str] | None = Field(
        default=None,
        description="The signals, with their variants, of which the row is composed where the source has no power "
        "breakdown of the interval; absent where the source has it.",
    )


class PowerRow(_ComposableRow):
    """Mean power over one interval. Null is not reported, which is not 0."""

    production_mw: PowerByMode = Field(description="Negative where storage charges.")
    consumption_mw: PowerByMode
    production_total_mw: Number
    consumption_total_mw: Number
    import_total_mw: Number
    export_total_mw: Number
    net_import_mw: Number = Field(description="Import less export.")
    balance_mw: Number = Field(description="Production + net import - consumption: what the row leaves unexplained.")
    renewable_percent: Number
    fossil_free_percent: Number
    import_mw: ByNeighbour
    export_mw: ByNeighbour


class PowerBucket(IntervalBucket):
    """Mean power and energy over the covered part of an hour, day or month."""

    production_mw: PowerByMode
    production_mwh: PowerByMode
    consumption_mw: PowerByMode
    consumption_mwh: PowerByMode
    import_mw: ByNeighbour
    import_mwh: ByNeighbour
    export_mw: ByNeighbour
    export_mwh: ByNeighbour
    production_total_mw: Number
    production_total_mwh: Number
    consumption_total_mw: Number
    consumption_total_mwh: Number
    import_total_mw: Number
    import_total_mwh: Number
    export_total_mw: Number
    export_total_mwh: Number
    net_import_mw: Number
    net_import_mwh: Number
    renewable_percent: Number = Field(description="Mean over time, not weighted by energy.")
    fossil_free_percent: Number = Field(description="Mean over time, not weighted by energy.")


class CarbonRow(IntervalRow):
    """Carbon intensity of the electricity consumed, over one interval."""

    carbon_intensity_gco2eq_per_kwh: Number


class CarbonBucket(IntervalBucket):
    """Mean carbon intensity over the covered part of an hour, day or month, not weighted by consumption."""

    carbon_intensity_gco2eq_per_kwh: Number


class FlowRow(_ComposableRow):
    """Exchanges over one interval."""

    import_mw: ByNeighbour
    export_mw: ByNeighbour
    net_import_by_neighbour_mw: ByNeighbour
    import_total_mw: Number
    export_total_mw: Number
    net_import_mw: Number


class FlowBucket(IntervalBucket):
    """Mean exchanges and their energy over the covered part of an hour, day or month."""

    import_mw: ByNeighbour
    import_mwh: ByNeighbour
    export_mw: ByNeighbour
    export_mwh: ByNeighbour
    net_import_by_neighbour_mw: ByNeighbour
    net_import_by_neighbour_mwh: ByNeighbour
    import_total_mw: Number
    import_total_mwh: Number
    export_total_mw: Number
    export_total_mwh: Number
    net_import_mw: Number
    net_import_mwh: Number


class Attributed(Document):
    """Base of what comes from the source."""

    granularity: Granularity
    attribution: str = Field(description="Where the data come from.")


class OfPower(Attributed):
    """Base of what is about power."""

    zone: str
    unit: Literal["MW"]
    energy_unit: Literal["MWh"]


class _Carbon(Attributed):
    zone: str
    variant: Literal["lifecycle", "direct"]
    unit: Literal["gCO2eq/kWh"]


class LatestPowerBreakdown(OfPower, PowerRow):
    """The newest power breakdown that is not in the future."""

    production_share_percent: PowerByMode = Field(description="Of all that is produced.")
    consumption_share_percent: PowerByMode = Field(description="Of all that is consumed.")
    age_seconds: int = Field(description="Since the start of the interval.")


class LatestCarbonIntensity(_Carbon, CarbonRow):
    """The newest carbon intensity that is not in the future."""

    age_seconds: int = Field(description="Since the start of the interval.")


class Page(Document):
    """Base of every answer that can go on."""

    next: str | None = Field(description="Address of the next page.")


class RollUpPage(Page):
    """Base of a page of rows or of roll-ups."""

    as_of: datetime | None = Field(default=None, description="As asked for.")
    resolution: Resolution | None = Field(default=None, description="As asked for; then `data` are buckets.")
    timezone: str | None = Field(default=None, description="Whose hours, days and months the buckets are.")


class PowerBreakdownPage(OfPower, RollUpPage):
    """Power breakdown of a range."""

    data: list[PowerRow] | list[PowerBucket]


class CarbonIntensityPage(_Carbon, RollUpPage):
    """Carbon intensity of a range."""

    data: list[CarbonRow] | list[CarbonBucket]


class FlowsPage(OfPower, RollUpPage):
    """Exchanges of a range by neighbour."""

    data: list[FlowRow] | list[FlowBucket]


class RevisionsOfPowerBreakdown(OfPower, Page):
    """Every revision, by `at` and then by `updated_at`."""

    data: list[PowerRow]


class RevisionsOfCarbonIntensity(_Carbon, Page):
    """Every revision, by `at` and then by `updated_at`."""

    data: list[CarbonRow]


class Problem(Document):
    """What is wrong with a request, and what to do (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    parameter: str | None = Field(default=None, description="The parameter at fault.")
    near_matches: list[str] | None = Field(default=None, description="Zones that may be meant.")
