"""The answers about forecasts as the OpenAPI document describes them."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from gridpulse_contract.models import Granularity
from gridpulse_query_api.schemas import Document

__all__ = ["BestWindowAnswer", "ForecastAnswer", "ForecastErrorsAnswer"]

Number = float | None


class _OfZone(Document):
    zone: str
    granularity: Granularity
    variant: Literal["lifecycle", "direct"]
    unit: Literal["gCO2eq/kWh"]
    attribution: str = Field(description="Where the data come from.")


class _Issued(_OfZone):
    issued_at: datetime = Field(description="When the source made the forecast.")
    age_seconds: int = Field(description="Since then.")


class ExpectedRow(Document):
    """Carbon intensity of the electricity consumed, as it is expected over one interval."""

    at: datetime = Field(description="Start of the interval.")
    carbon_intensity_gco2eq_per_kwh: Number
    quality: list[str] = Field(description="What looks wrong in the row: sign, range.")


class ForecastAnswer(_Issued):
    """One forecast, whole."""

    data: list[ExpectedRow]
    next: None


class BestWindowAnswer(_Issued):
    """The window with the lowest mean of what is expected; of equal ones the first."""

    duration: timedelta
    start: datetime = Field(description="When to begin: the start of an interval.")
    end: datetime
    mean_gco2eq_per_kwh: float = Field(description="Over the window.")
    soonest_mean_gco2eq_per_kwh: Number = Field(description="Over as long a window at the earliest: at `span_start`.")
    saved_percent: Number = Field(description="By waiting for the window, of the soonest one's intensity.")
    span_start: datetime = Field(description="The time that was searched: whole intervals.")
    span_end: datetime = Field(description="Its end, at most where the forecast ends.")
    span_mean_gco2eq_per_kwh: float = Field(description="Over its known intervals.")


class LeadError(Document):
    """The errors of all forecasts that looked so far ahead: what was expected less what came true."""

    lead_hours: int = Field(description="1 is the hour after the issue, 0 the one that had begun.")
    count: int = Field(description="Forecasts of an interval that came true.")
    measured_percent: float = Field(description="Of those, how many are compared with a measured value.")
    mean_error_gco2eq_per_kwh: float = Field(description="Bias: above 0 where too much was expected.")
    mean_absolute_error_gco2eq_per_kwh: float
    root_mean_square_error_gco2eq_per_kwh: float


class ForecastErrorsAnswer(_OfZone):
    """How far forecasts were from what came true, by lead time."""

    start: datetime = Field(description="Start of the range of intervals, inclusive.")
    end: datetime = Field(description="Its end, exclusive.")
    data: list[LeadError]
    next: None
