"""Settings of the schema program: from GRIDPULSE_SCHEMA_* variables, overridden by its command line."""

from typing import Annotated, Self

from pydantic import Field, FilePath, Json, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gridpulse_schema.logins import Login

__all__ = ["SchemaSettings"]


class SchemaSettings(BaseSettings):
    """Where the cluster is, and which keyspace to migrate. Passwords come only from the environment."""

    model_config = SettingsConfigDict(
        env_prefix="GRIDPULSE_SCHEMA_", env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    contact_points: str = "127.0.0.1"
    """Host names or addresses, comma separated."""
    port: Annotated[int, Field(ge=1, le=65535)] = 9042
    local_datacenter: str = "dc1"
    keyspace: str = "power"
    replication: Annotated[Json[dict[str, str | int]], NoDecode] = Field(
        default={"class": "NetworkTopologyStrategy", "dc1": 1}, validate_default=False
    )
    """Cassandra's replication map, as JSON."""
    username: str = ""
    password: SecretStr = SecretStr("")
    reader_username: str = ""
    """A login that may read the keyspace, to be made or to get this password; empty: none. So is the next one."""
    reader_password: SecretStr = SecretStr("")
    writer_username: str = ""
    """The same for one that may read and write."""
    writer_password: SecretStr = SecretStr("")
    cassandra_ssl_ca_file: FilePath | None = None
    """CA certificates of the nodes, PEM; set = TLS with a check of the host name."""
    cassandra_ssl_server_name: str = ""
    """Name that every node's certificate is for; empty: the node's own address."""
    wait_seconds: Annotated[float, Field(gt=0)] = 120.0
    """How long to wait for a cluster that is still starting."""

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if self.reader_username and self.reader_username == self.writer_username:
            raise ValueError("reader_username and writer_username are one name: a reader that may write")
        return self

    @property
    def logins(self) -> tuple[Login, ...]:
        """Of clients, to be made."""
        named = (
            Login("reader", self.reader_username, self.reader_password.get_secret_value()),
            Login("writer", self.writer_username, self.writer_password.get_secret_value()),
        )
        return tuple(login for login in named if login.username)
