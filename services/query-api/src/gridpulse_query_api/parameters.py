"""The query parameters of every route: their one home, also of their descriptions in the OpenAPI document."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.requests import Request

from gridpulse_contract.models import Granularity
from gridpulse_query_api.buckets import Resolution
from gridpulse_query_api.errors import BadParameterError
from gridpulse_query_api.instants import parse_day, parse_instant

__all__ = [
    "INSTANT_FORM",
    "CarbonLatestQuery",
    "CarbonRangeQuery",
    "CarbonRevisionsQuery",
    "CompareQuery",
    "DaysOnCalendarQuery",
    "DaysQuery",
    "Instant",
    "LatestQuery",
    "Metric",
    "MixLatestQuery",
    "MixRangeQuery",
    "MixRevisionsQuery",
    "Parameters",
    "Query",
    "RangeQuery",
    "RankingQuery",
    "RevisionsQuery",
    "RollUpQuery",
    "SpanQuery",
    "StreamQuery",
    "parse",
]

_MAX_LIMIT: Final = 2500
_DEFAULT_LIMIT: Final = 1000
_MAX_ZONES: Final = 20


def _instant(value: Any) -> Any:
    return parse_instant(value) if isinstance(value, str) else value


INSTANT_FORM: Final = "ISO 8601 with an offset from UTC, for example 2026-01-31T13:00:00Z"
Instant = Annotated[datetime, BeforeValidator(_instant)]


def _day(value: Any) -> Any:
    return parse_day(value) if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_day)]
Format = Annotated[
    Literal["json", "csv", "arrow"] | None,
    Field(description="Format of the answer; without it, the `Accept` header decides. `arrow` is an Arrow IPC stream."),
]
Rows = Annotated[Granularity, Field(description="Width of the source's rows to read.")]
Mix = Annotated[
    Literal["normal", "flow-traced"],
    Field(description="Of what is produced in the zone, or of what is consumed there, by its origin."),
]
Variant = Annotated[
    Literal["lifecycle", "direct"],
    Field(description="Emission factors: over the life cycle of the plants, or direct emissions only."),
]


class Metric(StrEnum):
    """What zones can be compared and ranked by."""

    CARBON_INTENSITY = "carbon_intensity"
    RENEWABLE_PERCENT = "renewable_percent"
    FOSSIL_FREE_PERCENT = "fossil_free_percent"
    PRODUCTION_TOTAL_MW = "production_total_mw"
    CONSUMPTION_TOTAL_MW = "consumption_total_mw"
    IMPORT_TOTAL_MW = "import_total_mw"
    EXPORT_TOTAL_MW = "export_total_mw"
    NET_IMPORT_MW = "net_import_mw"


class Parameters(BaseModel):
    """Base of a route's query parameters: unknown names are errors, so that a typing error is no silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Query(Parameters):
    """Base of those of a route that answers in several formats."""

    format: Format = None


Q = TypeVar("Q", bound=Parameters)


def parse(model: type[Q], request: Request) -> Q:
    """The request's query parameters. Raises BadParameterError with the first that can't be right, and the reason."""
    values: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in values:
            raise BadParameterError(f"{name} is given twice.", parameter=name)
        values[name] = value
    try:
        return model.model_validate(values)
    except ValidationError as error:
        finding = error.errors(include_url=False)[0]
    name = str(finding["loc"][0])
    reason = finding["msg"].removeprefix("Value error, ")
    if finding["type"] == "extra_forbidden":
        reason = "there is no such parameter; /docs lists those of this route"
    elif finding["type"] == "missing":
        reason = "this parameter is required"
    raise BadParameterError(f"{name}: {reason}.", parameter=name)


class LatestQuery(Query):
    """Of the newest row."""

    granularity: Rows = Granularity.HOURLY


class CarbonLatestQuery(LatestQuery):
    """Of the newest carbon intensity."""

    variant: Variant = "lifecycle"


class StreamQuery(Parameters):
    """Of the rows that a stream tells."""

    granularity: Rows = Granularity.HOURLY
    variant: Variant = "lifecycle"


class SpanQuery(LatestQuery):
    """Of a range of time, page by page."""

    start: Instant | None = Field(
        default=None, description=f"Start of the range, inclusive; {INSTANT_FORM}. Default: some time before `end`."
    )
    end: Instant | None = Field(default=None, description=f"End of the range, exclusive; {INSTANT_FORM}. Default: now.")
    limit: int = Field(
        default=_DEFAULT_LIMIT,
        ge=1,
        le=_MAX_LIMIT,
        description="Intervals on a page; `next` leads to the next page.",
    )


class RollUpQuery(SpanQuery):
    """Of a range of time, as rows or rolled up."""

    resolution: Resolution | None = Field(
        default=None,
        description="Roll up to hours, days or months: those that start in the range. Default: rows as they are.",
    )
    as_of: Instant | None = Field(
        default=None,
        description=f"Answer with what the source had said by then (by its `updated_at`); {INSTANT_FORM}.",
    )


class RangeQuery(RollUpQuery):
    """Of the rows of a range, or their roll-ups."""

    timezone: Literal["utc", "local"] = Field(
        default="utc", description="Whose hours, days and months to roll up to: UTC's, or the zone's own."
    )


class DaysQuery(Query):
    """Of a range of whole days, page by page."""

    start: Day | None = Field(
        default=None, description="First day, for example 2026-01-31. Default: 31 days before `end`."
    )
    end: Day | None = Field(default=None, description="Day after the last one. Default: tomorrow in UTC.")
    limit: int = Field(
        default=_DEFAULT_LIMIT, ge=1, le=_MAX_LIMIT, description="Days on a page; `next` leads to the next page."
    )


class DaysOnCalendarQuery(DaysQuery):
    """Of a range of whole days of one of two calendars."""

    calendar: Literal["utc", "local"] = Field(
        default="utc", description="Whose days: UTC's, or those of the zone's own clock."
    )


class _CarbonQuery(BaseModel):
    """What every carbon intensity query has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    variant: Variant = "lifecycle"


class CarbonRangeQuery(RangeQuery, _CarbonQuery):
    """Of the carbon intensity of a range."""


class RevisionsQuery(SpanQuery):
    """Of all revisions of one interval, or of a range."""

    at: Instant | None = Field(default=None, description=f"Start of one interval, instead of a range; {INSTANT_FORM}.")


class CarbonRevisionsQuery(RevisionsQuery, _CarbonQuery):
    """Of all revisions of carbon intensity."""


class MixLatestQuery(LatestQuery):
    """Of the newest electricity mix."""

    variant: Mix = "normal"


class _MixQuery(BaseModel):
    """What every query of an electricity mix has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    variant: Mix = "normal"


class MixRangeQuery(RangeQuery, _MixQuery):
    """Of the electricity mix of a range."""


class MixRevisionsQuery(RevisionsQuery, _MixQuery):
    """Of all revisions of an electricity mix."""


def _split_zones(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Zones = Annotated[tuple[str, ...], BeforeValidator(_split_zones)]


class CompareQuery(RollUpQuery, _CarbonQuery):
    """Of one number of several zones, side by side."""

    zones: Zones = Field(min_length=1, max_length=_MAX_ZONES, description="Zone keys, comma separated.")
    metric: Metric = Field(default=Metric.CARBON_INTENSITY, description="The number to compare.")


class RankingQuery(LatestQuery, _CarbonQuery):
    """Of the zones in the order of their newest number."""

    metric: Metric = Field(default=Metric.CARBON_INTENSITY, description="The number to rank by.")
    order: Literal["ascending", "descending"] | None = Field(
        default=None, description="Default: what is greener first, more power first."
    )
    zones: Zones = Field(default=(), description="Zone keys, comma separated. Default: every zone of the reference.")
    max_age_hours: float = Field(
        default=24, gt=0, le=24 * 366, description="Zones whose newest row is older are listed without a rank."
    )
