"""The Cassandra schema: the one home of the DDL, and its migration."""

from gridpulse_schema.cluster import Session, open_session
from gridpulse_schema.errors import SchemaError
from gridpulse_schema.migration import migrate
from gridpulse_schema.migrations import Migration, load_migrations

__all__ = ["Migration", "SchemaError", "Session", "load_migrations", "migrate", "open_session"]
