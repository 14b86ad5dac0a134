"""The contract's quality flags as Spark expressions: `gridpulse_contract.quality` is what they are equal to."""

from collections.abc import Iterable
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.models import Kind, Signal, format_instant
from gridpulse_contract.modes import MODES, STORAGE_MODES
from gridpulse_contract.quality import (
    BALANCE_TOLERANCE_MW,
    EARLIEST_AT,
    MAX_CARBON_INTENSITY_GCO2EQ_PER_KWH,
    MAX_EXCHANGE_MW,
    MAX_MEASURED_AHEAD,
    MAX_TOTAL_MW,
    Quality,
)
from gridpulse_spark.schemas import EventModel

__all__ = ["quality_flags"]

_TOTALS = ("production_total_mw", "consumption_total_mw", "import_total_mw", "export_total_mw")
_PERCENTAGES = ("renewable_percent", "fossil_free_percent")
_EXCHANGES = ("import_mw", "export_mw")


def quality_flags(model: EventModel, event: Column, at: Column, updated_at: Column) -> Column:
    """The flags of an event as an array of texts without nulls, empty where nothing is wrong."""
    if model.model_fields["signal"].default == Signal.POWER_BREAKDOWN:
        checks = _power_checks(event)
    else:
        checks = _carbon_intensity_checks(event)
    is_early = at < F.lit(format_instant(EARLIEST_AT)).cast("timestamp")
    checks[Quality.RANGE] = checks[Quality.RANGE] | is_early
    ahead_ms = F.unix_millis(at) - F.unix_millis(updated_at)
    max_ahead_ms = int(MAX_MEASURED_AHEAD.total_seconds() * 1000)
    checks[Quality.AHEAD] = (event["kind"] == Kind.MEASURED.value) & (ahead_ms > max_ahead_ms)
    flags = F.array(*(F.when(is_set, flag.value) for flag, is_set in checks.items()))
    # Not array_compact: a higher-order function has no generated code, nor then has anything that it is given.
    return F.array_except(flags, F.array(F.lit(None).cast("string")))


def _carbon_intensity_checks(event: Column) -> dict[Quality, Column]:
    value = event["carbon_intensity_gco2eq_per_kwh"]
    return {
        Quality.SIGN: _any([value < 0]),
        Quality.RANGE: _any([F.abs(value) > MAX_CARBON_INTENSITY_GCO2EQ_PER_KWH]),
    }


def _power_checks(event: Column) -> dict[Quality, Column]:
    production = {mode: event["production_mw"][mode] for mode in MODES}
    consumption = [event["consumption_mw"][mode] for mode in MODES]
    totals = [event[name] for name in _TOTALS]
    percentages = [event[name] for name in _PERCENTAGES]
    not_storage = [production[mode] for mode in MODES if mode not in STORAGE_MODES]
    signed = [*not_storage, *consumption, *totals, *percentages]
    return {
        Quality.BALANCE: _is_unbalanced(event, list(production.values())),
        Quality.SIGN: _any([F.least(*signed, *(F.array_min(values) for values in _exchanges(event))) < 0]),
        Quality.RANGE: _any([
            _largest([*production.values(), *consumption, *totals]) > MAX_TOTAL_MW,
            _largest(percentages) > 100,
            *(_largest([F.array_max(mw), F.array_min(mw)]) > MAX_EXCHANGE_MW for mw in _exchanges(event)),
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
    return _any(checks)


def _exchanges(event: Column) -> list[Column]:
    return [F.map_values(event[name]) for name in _EXCHANGES]


def _plus(total: Column, value: Column) -> Column:
    return total + F.coalesce(value, F.lit(0.0))


def _sum(values: Iterable[Column]) -> Column:
    # From left to right, as the contract adds: another order could round to another sum.
    return reduce(lambda total, value: total + value, values, F.lit(0.0))


def _largest(values: Iterable[Column]) -> Column:
    return F.greatest(*(F.abs(value) for value in values))


def _differ(total: Column, parts: Column) -> Column:
    return F.abs(total - parts) > BALANCE_TOLERANCE_MW


def _any(conditions: Iterable[Column]) -> Column:
    """Whether one of them is true; one that is null, for want of a number, is not."""
    known = (F.coalesce(condition, F.lit(False)) for condition in conditions)
    return reduce(lambda one, other: one | other, known)
