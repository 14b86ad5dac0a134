"""Settings of the query API, from the environment."""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, FilePath, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict

from gridpulse_servicekit.logs import LogFormat
from gridpulse_servicekit.settings import ServiceSettings

__all__ = ["QueryApiSettings"]


def _split_commas(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


_FROM_COMMAS: Final = BeforeValidator(_split_commas)
_Seconds = Annotated[float, Field(gt=0)]
_Port = Annotated[int, Field(ge=1, le=65535)]


class QueryApiSettings(ServiceSettings):
    """All that the query API can be told; see `--help` for names and meanings."""

    model_config = SettingsConfigDict(env_prefix="GRIDPULSE_QUERY_API_")

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: _Port = Field(default=8080, description="Port to listen on.")
    attribution: str = Field(
        default="Electricity Maps, https://www.electricitymaps.com",
        description="Where the data come from; in every answer.",
    )
    api_keys_file: Path | None = Field(
        default=None,
        description="JSON file of API keys (see make-key); read again when it changes. None: everybody may ask.",
    )
    api_keys_requests_per_minute: int = Field(
        default=600, ge=1, description="How often a key may ask, where the file says nothing of it; in each process."
    )
    page_directory: Path | None = Field(
        default=None, description="Folder of the live page, as services/query-api/web/build makes it. None: no page."
    )
    stream_period_seconds: _Seconds = Field(
        default=5.0, description="Time between two looks at a zone whose stream is open."
    )
    max_streams: int = Field(default=1000, ge=1, description="Streams of server-sent events that may be open at once.")

    cassandra_contact_points: Annotated[tuple[str, ...], NoDecode, _FROM_COMMAS] = Field(
        default=("127.0.0.1",), min_length=1, description="Hosts of the cluster to start from, comma separated."
    )
    cassandra_port: _Port = Field(default=9042, description="CQL port.")
    cassandra_local_datacenter: str = Field(default="dc1", description="Data centre to read from.")
    cassandra_username: str = Field(default="", description="Role to log in with; empty: none.")
    cassandra_password: SecretStr = Field(default=SecretStr(""), description="Its password.")
    cassandra_ssl_ca_file: FilePath | None = Field(
        default=None, description="CA certificates of the nodes, PEM; set = TLS with a check of the host name."
    )
    cassandra_ssl_server_name: str = Field(
        default="", description="Name that every node's certificate is for; empty: the node's own address."
    )
    cassandra_consistency: Literal["LOCAL_QUORUM", "LOCAL_ONE", "QUORUM", "ONE"] = Field(
        default="LOCAL_QUORUM", description="Consistency of every read."
    )
    cassandra_timeout_seconds: _Seconds = Field(default=2.0, description="For each page of a read.")
    cassandra_connect_timeout_seconds: _Seconds = Field(default=2.0, description="For opening a connection.")
    cassandra_reconnect_seconds: _Seconds = Field(default=2.0, description="Wait between attempts at most.")
    keyspace: str = Field(default="power", pattern=r"^[a-z][a-z0-9_]{0,47}$", description="Keyspace of the data.")
    max_concurrent_reads: int = Field(default=128, ge=1, description="Reads in flight at once.")
    max_waiting_reads: int = Field(default=1024, ge=0, description="Reads that may wait for one of those.")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged.")
    log_format: LogFormat = Field(default="json", description="JSON lines, or readable ones.")
