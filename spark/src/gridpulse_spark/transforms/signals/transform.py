"""What each signal says of its rows and tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pyspark.sql import Column

from gridpulse_contract.quality import Quality

__all__ = ["SignalTransform", "Table"]

Period = Literal["year", "month"]


@dataclass(frozen=True)
class Table:
    """A Cassandra table; `period` is what of time its partitions hold, and the column that says so."""

    name: str
    period: Period


@dataclass(frozen=True)
class SignalTransform:
    """How an event becomes a row: `values` by column, and `checks`, which are the quality checks of the contract.

    `key` are the columns of which each combination has one newest row; `tables` are written in their order; their
    periods are of the instant `period_of`.
    """

    tables: tuple[Table, ...]
    key: tuple[str, ...]
    values: Callable[[Column], Mapping[str, Column]]
    checks: Callable[[Column], dict[Quality, Column]]
    period_of: str = "at"
