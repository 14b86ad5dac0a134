"""The query parameters of the routes about forecasts."""

from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from gridpulse_query_api.durations import parse_duration
from gridpulse_query_api.forecasts import FRESH_HOURS
from gridpulse_query_api.parameters import INSTANT_FORM, CarbonLatestQuery, Instant

__all__ = ["BestWindowQuery", "ForecastErrorsQuery", "ForecastQuery"]


def _duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
_DURATION_FORM: Final = "ISO 8601, in days, hours and minutes, for example PT3H"


class ForecastQuery(CarbonLatestQuery):
    """Of one forecast."""

    issued_at: Instant | None = Field(
        default=None, description=f"The forecast issued at this instant; {INSTANT_FORM}. Default: the newest."
    )
    as_of: Instant | None = Field(
        default=None, description=f"The newest forecast that had been issued by then; {INSTANT_FORM}."
    )


class BestWindowQuery(CarbonLatestQuery):
    """Of the greenest time for something that takes `duration`."""

    duration: Duration = Field(
        description=f"How long it takes; {_DURATION_FORM}. Whole intervals of `granularity`.", examples=["PT3H"]
    )
    within: Duration | None = Field(
        default=None,
        description=f"How long after `earliest` it has to be done; {_DURATION_FORM}. Default: P1D, unless `latest` "
        "is given.",
    )
    earliest: Instant | None = Field(
        default=None, description=f"When it can begin; {INSTANT_FORM}. Default, and what a past instant means: now."
    )
    latest: Instant | None = Field(
        default=None,
        description=f"When it has to be done, instead of `within`, at most 7 days after `earliest`; {INSTANT_FORM}.",
    )
    max_age_hours: float = Field(
        default=FRESH_HOURS, gt=0, le=72, description="A newest forecast that was issued longer ago is not planned by."
    )


class ForecastErrorsQuery(CarbonLatestQuery):
    """Of the forecasts of the intervals of a range."""

    start: Instant | None = Field(
        default=None,
        description=f"Start of the range of intervals, inclusive; {INSTANT_FORM}. Default: some days before `end`.",
    )
    end: Instant | None = Field(
        default=None, description=f"End of the range, exclusive; {INSTANT_FORM}. Default: the present interval's start."
    )
