"""Rows of the lake that several queries read."""

from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame

from gridpulse_spark.errors import LakeError
from gridpulse_spark.java import java_errors

__all__ = ["keep"]


def keep(rows: DataFrame) -> DataFrame:
    """The same rows, kept until `unpersist`: see docs/decisions/kept-rows-have-no-past.md.

    How they are made is no part of the plans of the queries that read them, so that none of these has to plan it again.
    As with a checkpoint, all but its last stage may run at once; unlike one, what is lost with an executor is made
    again. Raises LakeError where the lake can't be read then.
    """
    session: Any = rows.sparkSession
    query: Any = rows
    with java_errors(LakeError, "The lake can't be read"):
        made = query._jdf.queryExecution().toRdd()
    leaf = session._jsparkSession.internalCreateDataFrame(made, query._jdf.schema(), False)
    return DataFrame(leaf, session).persist(StorageLevel.MEMORY_AND_DISK)
