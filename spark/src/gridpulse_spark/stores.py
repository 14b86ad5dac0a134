"""Cassandra's tables as the jobs open them."""

from collections.abc import Iterable
from typing import Final

from pyspark.sql import DataFrame, SparkSession

from gridpulse_spark.errors import StoreError
from gridpulse_spark.java import java_errors

__all__ = ["BY_KEY_CONF", "CASSANDRA_FORMAT", "check_tables", "open_table"]

CASSANDRA_FORMAT: Final = "org.apache.spark.sql.cassandra"
BY_KEY_CONF: Final = {"spark.sql.extensions": "com.datastax.spark.connector.CassandraSparkExtensions"}
"""Spark's setting without which a join with `open_table` reads the whole table, and there is no writetime()."""


def open_table(session: SparkSession, keyspace: str, table: str) -> DataFrame:
    """A table, of which a join with keys reads the partitions alone (see BY_KEY_CONF)."""
    options = {"keyspace": keyspace, "table": table, "directJoinSetting": "on"}
    return session.read.format(CASSANDRA_FORMAT).options(**options).load()


def check_tables(session: SparkSession, keyspace: str, tables: Iterable[str]) -> None:
    """Look at tables before an hour's work is done for them.

    Raise StoreError, which names it, where one of the tables is not there, or Cassandra does not answer."""
    for table in tables:
        with java_errors(StoreError, f"{keyspace}.{table} can't be used (is the keyspace migrated?)"):
            open_table(session, keyspace, table)
