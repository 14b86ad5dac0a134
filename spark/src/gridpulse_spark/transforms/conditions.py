"""Conditions on numbers that may be null, as the quality checks need them."""

from collections.abc import Iterable
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

__all__ = ["any_of", "largest"]


def any_of(conditions: Iterable[Column]) -> Column:
    """Whether one of them is true; one that is null, for want of a number, is not."""
    known = (F.coalesce(condition, F.lit(False)) for condition in conditions)
    return reduce(lambda one, other: one | other, known)


def largest(values: Iterable[Column]) -> Column:
    """The largest magnitude of two numbers or more; null where none is known."""
    return F.greatest(*(F.abs(value) for value in values))
