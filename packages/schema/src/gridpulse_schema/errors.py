"""Errors of the schema and its migration.

SchemaError
├── InvalidParameterError      a keyspace, replication or migration file that can't be right; a retry can't help
├── MigrationChangedError      an applied migration was edited afterwards; a retry can't help
├── ReplicationDiffersError    the keyspace exists with another replication; a retry can't help
├── MigrationBusyError         another migration held the lock until the deadline; a retry helps
├── RefusedError               the role of the session lacks a right, or the cluster keeps no logins
└── ClusterUnavailableError    no node answered before the deadline; a retry may help
"""

__all__ = [
    "ClusterUnavailableError",
    "InvalidParameterError",
    "MigrationBusyError",
    "MigrationChangedError",
    "RefusedError",
    "ReplicationDiffersError",
    "SchemaError",
]


class SchemaError(Exception):
    """Base of this package's errors; its text is a sentence for an operator."""


class InvalidParameterError(SchemaError):
    """A keyspace name, a replication or a migration file that can't be right."""


class RefusedError(SchemaError):
    """The role of the session lacks a right that this needs, or the cluster keeps no logins."""


class MigrationChangedError(SchemaError):
    """An applied migration was edited afterwards: the store and the file no longer say the same."""


class ReplicationDiffersError(SchemaError):
    """The keyspace exists with another replication, which only an operator can change (it needs a repair)."""


class MigrationBusyError(SchemaError):
    """Another migration held the lock until the deadline, or took it over."""


class ClusterUnavailableError(SchemaError):
    """No node answered before the deadline."""
