"""Forecasts of carbon intensity as rows: one table, since a forecast is never revised, but another one is issued."""

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_spark.transforms.signals.carbon_intensity import carbon_intensity_checks, carbon_intensity_values
from gridpulse_spark.transforms.signals.transform import SignalTransform, Table

__all__ = ["CARBON_INTENSITY_FORECAST"]


def _values(event: Column) -> dict[str, Column]:
    return {**carbon_intensity_values(event), "issued_at": F.col("issued_at")}


CARBON_INTENSITY_FORECAST: Final = SignalTransform(
    tables=(Table("carbon_intensity_forecast", "month"),),
    key=("zone", "variant", "granularity", "issued_at", "at"),
    values=_values,
    checks=carbon_intensity_checks,
    period_of="issued_at",
)
