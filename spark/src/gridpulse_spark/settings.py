"""Settings of the jobs: what all of one kind share, and those of the streaming job, the archive and the rebuild."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gridpulse_contract.models import Signal

__all__ = [
    "ArchiveSettings",
    "BatchSettings",
    "CassandraSettings",
    "KafkaSettings",
    "RebuildSettings",
    "ResultsSettings",
    "StreamingSettings",
]

Port = Annotated[int, Field(ge=1, le=65535)]
PositiveInt = Annotated[int, Field(ge=1)]


def _split_commas(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class CassandraSettings(BaseSettings):
    """What a job needs to know of the store; `gridpulse_spark.sinks.connector_conf` gives it to the connector."""

    cassandra_contact_points: str = "127.0.0.1"
    """Hosts, comma separated."""
    cassandra_port: Port = 9042
    cassandra_local_datacenter: str = "dc1"
    cassandra_username: str = ""
    cassandra_password: SecretStr = SecretStr("")
    cassandra_truststore_file: FilePath | None = None
    """CA certificates of the nodes, JKS or PKCS12, at the same path for the driver and its executors; set = TLS."""
    cassandra_truststore_password: SecretStr = SecretStr("")
    consistency_level: str = "LOCAL_QUORUM"
    concurrent_writes: PositiveInt = 16
    """Requests under way to Cassandra from each task."""
    batch_size_bytes: PositiveInt = 16_384
    """Rows of one partition travel together up to this size: one mutation for the node."""
    cassandra_timeout_ms: PositiveInt = 12_000
    """For one request, whose retries are bounded: then the job fails."""


class KafkaSettings(BaseSettings):
    """What a job needs to know of Kafka; `gridpulse_spark.kafka.kafka_options` gives it to the clients.

    The names are the ingester's.
    """

    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    """host:port, comma separated."""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_sasl_username: str = ""
    kafka_sasl_password: SecretStr = SecretStr("")
    kafka_ssl_ca_file: FilePath | None = None
    """CA certificates of the brokers, PEM; none: those that Java trusts. Read by the driver alone."""

    @model_validator(mode="after")
    def _sasl_needs_a_login(self) -> Self:
        if self.kafka_security_protocol.startswith("SASL") and not (
            self.kafka_sasl_username and self.kafka_sasl_password
        ):
            raise ValueError(
                f"kafka_security_protocol {self.kafka_security_protocol} needs "
                "kafka_sasl_username and kafka_sasl_password"
            )
        return self


class StreamingSettings(KafkaSettings, CassandraSettings):
    """What the streaming job needs to know, from GRIDPULSE_STREAMING_* variables."""

    model_config = SettingsConfigDict(
        env_prefix="GRIDPULSE_STREAMING_", env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    keyspace: str = "power"

    signals: Annotated[tuple[Signal, ...], NoDecode, BeforeValidator(_split_commas)] = tuple(Signal)
    """What to stream, comma separated: a query each. A job for some of them needs a checkpoint location of its own."""
    checkpoint_location: str
    """Folder or URI below which the job keeps its checkpoints; if it changes, the flow starts afresh."""
    checkpoint_wait_seconds: Annotated[float, Field(ge=0)] = 30.0
    """How long to wait for a driver that still holds the checkpoint (a local folder) before giving up."""
    trigger_interval_ms: Annotated[int, Field(ge=0)] = 200
    """A batch starts when the one before has ended, this much after that one began at the earliest."""
    max_offsets_per_trigger: PositiveInt = 20_000
    """Messages in one batch, of each signal."""
    batch_timeout_seconds: Annotated[float, Field(gt=0)] = 300.0
    """Writing one batch takes no longer, unless a client waits for an answer that will never come: the job fails."""
    stop_timeout_seconds: Annotated[float, Field(gt=0)] = 20.0
    """How long a running batch may take to end when the job is asked to stop."""

    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 9404
    jars_dir: Path | None = None
    """Folder of Spark's jars: the job then runs on its own, on two cores. Without it, spark-submit runs the job."""


class BatchSettings(BaseSettings):
    """What every batch job needs to know. Each job has a prefix of its own."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    spark_conf: dict[str, str] = {}
    """More settings for Spark as a JSON object, for example of the file system that the lake is on."""
    metrics_push_url: str = ""
    """Prometheus Pushgateway that gets the job's metrics when it ends; none if empty."""
    jars_dir: Path | None = None
    """Folder of Spark's jars: the job then runs on its own, on two cores. Without it, spark-submit runs the job."""


class ArchiveSettings(KafkaSettings, BatchSettings):
    """Settings of the archive, from GRIDPULSE_ARCHIVE_* variables."""

    model_config = SettingsConfigDict(env_prefix="GRIDPULSE_ARCHIVE_")

    lake_location: str
    """Folder or URI (gs://bucket/folder) of the lake."""
    settle_seconds: Annotated[float, Field(ge=0)] = 120.0
    """How long after its end an hour is archived: brokers' clocks differ."""


class RebuildSettings(CassandraSettings, BatchSettings):
    """Settings of the rebuild, from GRIDPULSE_REBUILD_* variables."""

    model_config = SettingsConfigDict(env_prefix="GRIDPULSE_REBUILD_")

    lake_location: str
    """Folder or URI (gs://bucket/folder) of the lake."""


class ResultsSettings(CassandraSettings, BatchSettings):
    """What a job needs to know that makes results of the lake, in Parquet and in Cassandra. Each has its own prefix."""

    lake_location: str
    """Folder or URI (gs://bucket/folder) of the lake."""
    results_location: str
    """Folder or URI of the results; not inside the lake."""
    keyspace: str = "power"

    @model_validator(mode="after")
    def _results_are_not_in_the_lake(self) -> Self:
        lake, results = (f"{location.rstrip('/')}/" for location in (self.lake_location, self.results_location))
        if results.startswith(lake):
            raise ValueError(f"the results' location {self.results_location} is in the lake {self.lake_location}")
        return self
