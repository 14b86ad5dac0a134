"""The keyspace of this machine."""

from typing import Final

from gridpulse_platform.cassandra import CassandraNode
from gridpulse_platform.stack import KEYSPACE, REPLICATION
from gridpulse_schema import migrate, open_session

__all__ = ["apply_schema"]

_WAIT_SECONDS: Final = 30.0


def apply_schema(cassandra: CassandraNode) -> None:
    """Bring the keyspace up to date. Raises SchemaError."""
    with open_session(
        [cassandra.contact_points],
        port=cassandra.port,
        local_datacenter=cassandra.local_datacenter,
        wait_seconds=_WAIT_SECONDS,
    ) as session:
        migrate(session, keyspace=KEYSPACE, replication=REPLICATION)
