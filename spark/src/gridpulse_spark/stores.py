"""Cassandra's tables as a batch job finds them, looked at before it does an hour's work for them."""

from collections.abc import Iterable
from typing import Final

from pyspark.sql import SparkSession

from gridpulse_spark.errors import StoreError
from gridpulse_spark.java import java_errors

__all__ = ["check_tables"]

_FORMAT: Final = "org.apache.spark.sql.cassandra"


def check_tables(session: SparkSession, keyspace: str, tables: Iterable[str]) -> None:
    """Raise StoreError, which names it, where one of the tables is not there, or Cassandra does not answer."""
    for table in tables:
        with java_errors(StoreError, f"{keyspace}.{table} can't be used (is the keyspace migrated?)"):
            session.read.format(_FORMAT).options(keyspace=keyspace, table=table).load()
