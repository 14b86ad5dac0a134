"""Carbon intensity as rows."""

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.quality import MAX_CARBON_INTENSITY_GCO2EQ_PER_KWH, Quality
from gridpulse_spark.transforms.conditions import any_of
from gridpulse_spark.transforms.signals.transform import SignalTransform, Table
from gridpulse_spark.transforms.values import or_nan

__all__ = ["CARBON_INTENSITY", "carbon_intensity_checks", "carbon_intensity_values"]

_NUMBER: Final = "carbon_intensity_gco2eq_per_kwh"


def carbon_intensity_values(event: Column) -> dict[str, Column]:
    """The variant, and the number in gCO2eq/kWh."""
    return {"variant": event["variant"], _NUMBER: or_nan(event[_NUMBER])}


def carbon_intensity_checks(event: Column) -> dict[Quality, Column]:
    """As `gridpulse_contract.quality.carbon_intensity_checks`."""
    value = event[_NUMBER]
    return {
        Quality.SIGN: any_of([value < 0]),
        Quality.RANGE: any_of([F.abs(value) > MAX_CARBON_INTENSITY_GCO2EQ_PER_KWH]),
    }


CARBON_INTENSITY: Final = SignalTransform(
    tables=(Table("carbon_intensity_revisions", "month"), Table("carbon_intensity", "year")),
    key=("zone", "variant", "granularity", "at"),
    values=carbon_intensity_values,
    checks=carbon_intensity_checks,
)
