"""v4's electricity flows as rows."""

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.quality import MAX_EXCHANGE_MW, Quality
from gridpulse_spark.transforms.conditions import any_of, largest
from gridpulse_spark.transforms.signals.transform import SignalTransform, Table
from gridpulse_spark.transforms.values import by_neighbour

__all__ = ["ELECTRICITY_FLOWS"]

_EXCHANGES: Final = ("import_mw", "export_mw")


def _values(event: Column) -> dict[str, Column]:
    return {name: by_neighbour(event[name]) for name in _EXCHANGES}


def _checks(event: Column) -> dict[Quality, Column]:
    exchanges = [F.map_values(event[name]) for name in _EXCHANGES]
    return {
        Quality.SIGN: any_of([F.least(*(F.array_min(mw) for mw in exchanges)) < 0]),
        Quality.RANGE: any_of([largest([F.array_max(mw), F.array_min(mw)]) > MAX_EXCHANGE_MW for mw in exchanges]),
    }


ELECTRICITY_FLOWS: Final = SignalTransform(
    tables=(Table("electricity_flows_revisions", "month"), Table("electricity_flows", "year")),
    key=("zone", "granularity", "at"),
    values=_values,
    checks=_checks,
)
