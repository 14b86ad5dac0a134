"""Power breakdown as rows."""

from collections.abc import Iterable
from functools import reduce
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.columns import consumption_column, production_column
from gridpulse_contract.modes import MODES, STORAGE_MODES
from gridpulse_contract.quality import BALANCE_TOLERANCE_MW, MAX_EXCHANGE_MW, MAX_TOTAL_MW, Quality
from gridpulse_spark.transforms.conditions import any_of, largest
from gridpulse_spark.transforms.signals.transform import SignalTransform, Table
from gridpulse_spark.transforms.values import by_neighbour, or_nan

__all__ = ["POWER_BREAKDOWN"]

_TOTALS: Final = ("production_total_mw", "consumption_total_mw", "import_total_mw", "export_total_mw")
_PERCENTAGES: Final = ("renewable_percent", "fossil_free_percent")
_EXCHANGES: Final = ("import_mw", "export_mw")


def _values(event: Column) -> dict[str, Column]:
    return {
        **{consumption_column(mode): or_nan(event["consumption_mw"][mode]) for mode in MODES},
        **{production_column(mode): or_nan(event["production_mw"][mode]) for mode in MODES},
        **{name: or_nan(event[name]) for name in (*_TOTALS, *_PERCENTAGES)},
        **{name: by_neighbour(event[name]) for name in _EXCHANGES},
    }


def _checks(event: Column) -> dict[Quality, Column]:
    production = {mode: event["production_mw"][mode] for mode in MODES}
    consumption = [event["consumption_mw"][mode] for mode in MODES]
    totals = [event[name] for name in _TOTALS]
    percentages = [event[name] for name in _PERCENTAGES]
    not_storage = [production[mode] for mode in MODES if mode not in STORAGE_MODES]
    signed = [*not_storage, *consumption, *totals, *percentages]
    return {
        Quality.BALANCE: _is_unbalanced(event, list(production.values())),
        Quality.SIGN: any_of([F.least(*signed, *(F.array_min(values) for values in _exchanges(event))) < 0]),
        Quality.RANGE: any_of([
            largest([*production.values(), *consumption, *totals]) > MAX_TOTAL_MW,
            largest(percentages) > 100,
            *(largest([F.array_max(mw), F.array_min(mw)]) > MAX_EXCHANGE_MW for mw in _exchanges(event)),
        ]),
    }  # fmt: skip


def _is_unbalanced(event: Column, production: list[Column]) -> Column:
    production_total, consumption_total, import_total, export_total = (event[name] for name in _TOTALS)
    is_production_known = F.coalesce(*production).isNotNull()
    produced = _sum(F.greatest(value, F.lit(0.0)) for value in production)
    net_production = _sum(F.coalesce(value, F.lit(0.0)) for value in production)
    checks = [
        is_production_known & _differ(production_total, produced),
        is_production_known & _differ(consumption_total, net_production + import_total - export_total),
    ]
    for total, values in zip((import_total, export_total), _exchanges(event), strict=True):
        checks.append((F.size(values) > 0) & _differ(total, F.aggregate(values, F.lit(0.0), _plus)))
    return any_of(checks)


def _exchanges(event: Column) -> list[Column]:
    return [F.map_values(event[name]) for name in _EXCHANGES]


def _plus(total: Column, value: Column) -> Column:
    return total + F.coalesce(value, F.lit(0.0))


def _sum(values: Iterable[Column]) -> Column:
    # From left to right, as the contract adds: another order could round to another sum.
    return reduce(lambda total, value: total + value, values, F.lit(0.0))


def _differ(total: Column, parts: Column) -> Column:
    return F.abs(total - parts) > BALANCE_TOLERANCE_MW


POWER_BREAKDOWN: Final = SignalTransform(
    tables=(Table("power_breakdown_revisions", "month"), Table("power_breakdown", "year")),
    key=("zone", "granularity", "at"),
    values=_values,
    checks=_checks,
)
