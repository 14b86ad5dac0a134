"""Values of an event as a store holds them: no null anywhere."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

__all__ = ["by_neighbour", "or_nan"]


def or_nan(number: Column) -> Column:
    """A number, NaN where it is missing."""
    return F.coalesce(number, F.lit(float("nan")))


def by_neighbour(power: Column) -> Column:
    """A map of numbers by neighbour, NaN for those that are missing, and empty where there is no map."""
    empty = F.create_map().cast("map<string,double>")
    return F.coalesce(F.transform_values(power, _value_or_nan), empty)


def _value_or_nan(_key: Column, number: Column) -> Column:
    return or_nan(number)
