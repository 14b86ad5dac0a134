"""Rows of the lake that several queries read."""

from pyspark import StorageLevel
from pyspark.sql import DataFrame

from gridpulse_spark.errors import LakeError
from gridpulse_spark.frames import without_past
from gridpulse_spark.java import java_errors

__all__ = ["keep"]


def keep(rows: DataFrame) -> DataFrame:
    """The same rows, kept until `unpersist`: see docs/decisions/kept-rows-have-no-past.md.

    How they are made is no part of the plans of the queries that read them, so that none of these has to plan it again.
    Raises LakeError where the lake can't be read, as far as it is read at once.
    """
    with java_errors(LakeError, "The lake can't be read"):
        leaf = without_past(rows)
    return leaf.persist(StorageLevel.MEMORY_AND_DISK)
