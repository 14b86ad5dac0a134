"""Settings of the streaming job, from GRIDPULSE_STREAMING_* variables."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["StreamingSettings"]

Port = Annotated[int, Field(ge=1, le=65535)]
PositiveInt = Annotated[int, Field(ge=1)]


class StreamingSettings(BaseSettings):
    """What the streaming job needs to know."""

    model_config = SettingsConfigDict(
        env_prefix="GRIDPULSE_STREAMING_", env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    """host:port, comma separated."""
    cassandra_contact_points: str = "127.0.0.1"
    """Hosts, comma separated."""
    cassandra_port: Port = 9042
    cassandra_local_datacenter: str = "dc1"
    cassandra_username: str = ""
    cassandra_password: SecretStr = SecretStr("")
    keyspace: str = "power"

    checkpoint_location: str
    """Folder or URI below which the job keeps its checkpoints; if it changes, the flow starts afresh."""
    checkpoint_wait_seconds: Annotated[float, Field(ge=0)] = 30.0
    """How long to wait for a driver that still holds the checkpoint (a local folder) before giving up."""
    trigger_interval_ms: Annotated[int, Field(ge=0)] = 200
    """A batch starts when the one before has ended, this much after that one began at the earliest."""
    max_offsets_per_trigger: PositiveInt = 20_000
    """Messages in one batch, of each signal."""
    stop_timeout_seconds: Annotated[float, Field(gt=0)] = 20.0
    """How long a running batch may take to end when the job is asked to stop."""

    consistency_level: str = "LOCAL_QUORUM"
    concurrent_writes: PositiveInt = 16
    """Requests under way to Cassandra from each task."""
    batch_size_bytes: PositiveInt = 16_384
    """Rows of one partition travel together up to this size: one mutation for the node."""
    cassandra_timeout_ms: PositiveInt = 12_000
    """For one request, whose retries are bounded: then the query fails, and with it the job."""

    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 9404
    jars_dir: Path | None = None
    """Folder of Spark's jars: the job then runs on its own, on two cores. Without it, spark-submit runs the job."""
