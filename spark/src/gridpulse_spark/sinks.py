"""Idempotent sinks: writing the same rows again, in any order, changes nothing."""

from collections.abc import Mapping
from typing import Final

from pyspark.sql import DataFrame

from gridpulse_contract.models import DeadLetter, Header
from gridpulse_spark.settings import CassandraSettings
from gridpulse_spark.stores import CASSANDRA_FORMAT
from gridpulse_spark.transforms.rows import DEAD_LETTER, MESSAGE_KEY, WRITE_TIMESTAMP_US

__all__ = ["connector_conf", "write_dead_letters", "write_table"]


# The connector's own defaults are two ciphers that TLS 1.3 does not have and newer Javas refuse.
_CIPHERS: Final = (
    "TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
)


def connector_conf(settings: CassandraSettings) -> dict[str, str]:
    """Spark settings of the Cassandra connector."""
    credentials = {
        "spark.cassandra.auth.username": settings.cassandra_username,
        "spark.cassandra.auth.password": settings.cassandra_password.get_secret_value(),
    }
    return {
        "spark.cassandra.connection.host": settings.cassandra_contact_points,
        "spark.cassandra.connection.port": str(settings.cassandra_port),
        "spark.cassandra.connection.localDC": settings.cassandra_local_datacenter,
        **(credentials if settings.cassandra_username else {}),
        **_encryption(settings),
        "spark.cassandra.output.consistency.level": settings.consistency_level,
        "spark.cassandra.input.consistency.level": settings.consistency_level,
        "spark.cassandra.output.concurrent.writes": str(settings.concurrent_writes),
        # Rows of one partition in one unlogged batch are one mutation, however many they are.
        "spark.cassandra.output.batch.grouping.key": "partition",
        "spark.cassandra.output.batch.size.bytes": str(settings.batch_size_bytes),
        # There are no nulls; were there one, an older revision's value must not shine through.
        "spark.cassandra.output.ignoreNulls": "false",
        "spark.cassandra.read.timeoutMS": str(settings.cassandra_timeout_ms),  # of every request, writes included
        "spark.cassandra.query.retry.count": "5",
    }


def _encryption(settings: CassandraSettings) -> dict[str, str]:
    """TLS, where there is a truststore. The connector checks who signed a node's certificate, not the host's name."""
    if settings.cassandra_truststore_file is None:
        return {}
    return {
        "spark.cassandra.connection.ssl.enabled": "true",
        "spark.cassandra.connection.ssl.trustStore.path": str(settings.cassandra_truststore_file.absolute()),
        "spark.cassandra.connection.ssl.trustStore.password": settings.cassandra_truststore_password.get_secret_value(),
        "spark.cassandra.connection.ssl.enabledAlgorithms": ",".join(_CIPHERS),
    }


def write_table(rows: DataFrame, keyspace: str, table: str) -> None:
    """Write rows that have `write_timestamp_us` and the table's columns, each cell with its row's write timestamp."""
    options = {"keyspace": keyspace, "table": table, "writetime": WRITE_TIMESTAMP_US}
    rows.write.format(CASSANDRA_FORMAT).mode("append").options(**options).save()


def write_dead_letters(rows: DataFrame, options: Mapping[str, str]) -> None:
    """Send the dead letters among the rows of `to_rows`; `options` are those of Spark's Kafka sink.

    A replay sends them again: they are the same bytes, and whoever reads the topic goes by the source's offset.
    """
    # As text: PySpark looks every function of its own up in all jars, in each batch again.
    header = f"named_struct('key', '{Header.SCHEMA.value}', 'value', CAST('{DeadLetter.schema_name}' AS BINARY))"
    letters = rows.where(f"{DEAD_LETTER} IS NOT NULL").selectExpr(
        f"{MESSAGE_KEY} AS key", f"{DEAD_LETTER} AS value", f"array({header}) AS headers"
    )
    letters.write.format("kafka").options(**{**options, "topic": DeadLetter.topic, "includeHeaders": "true"}).save()
