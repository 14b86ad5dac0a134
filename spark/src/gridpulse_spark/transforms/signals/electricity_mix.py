"""v4's electricity mix as rows."""

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_contract.columns import mix_column
from gridpulse_contract.modes import MODES, STORAGE_MODES
from gridpulse_contract.quality import MAX_TOTAL_MW, Quality
from gridpulse_spark.transforms.conditions import any_of, largest
from gridpulse_spark.transforms.signals.transform import SignalTransform, Table
from gridpulse_spark.transforms.values import or_nan

__all__ = ["ELECTRICITY_MIX"]

_TOTALS: Final = ("import_total_mw", "export_total_mw")


def _values(event: Column) -> dict[str, Column]:
    return {
        "variant": event["variant"],
        **{mix_column(mode): or_nan(event["mix_mw"][mode]) for mode in MODES},
        **{name: or_nan(event[name]) for name in _TOTALS},
    }


def _checks(event: Column) -> dict[Quality, Column]:
    by_mode = {mode: event["mix_mw"][mode] for mode in MODES}
    totals = [event[name] for name in _TOTALS]
    signed = [value for mode, value in by_mode.items() if mode not in STORAGE_MODES]
    storage = [by_mode[mode] for mode in STORAGE_MODES]
    return {
        Quality.SIGN: any_of([F.least(*signed, *totals) < 0, (F.least(*storage) < 0) & (event["variant"] != "normal")]),
        Quality.RANGE: any_of([largest([*by_mode.values(), *totals]) > MAX_TOTAL_MW]),
    }


ELECTRICITY_MIX: Final = SignalTransform(
    tables=(Table("electricity_mix_revisions", "month"), Table("electricity_mix", "year")),
    key=("zone", "variant", "granularity", "at"),
    values=_values,
    checks=_checks,
)
