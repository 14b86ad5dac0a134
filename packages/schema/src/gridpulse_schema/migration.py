"""Bring a keyspace to the newest version of its schema: idempotent, versioned, and safe when two run at once."""

import logging
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from gridpulse_schema.cluster import NOT_ALLOWED, SERVER_REFUSALS, Session
from gridpulse_schema.errors import (
    InvalidParameterError,
    MigrationBusyError,
    MigrationChangedError,
    RefusedError,
    ReplicationDiffersError,
)
from gridpulse_schema.migrations import Migration, load_migrations

__all__ = ["migrate"]

_log = logging.getLogger(__name__)
_KEYSPACE: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")
_REPLICATION_WORD: Final = re.compile(r"[A-Za-z0-9._-]+")
_LOCK_TTL_SECONDS: Final = 120  # renewed before every statement, so it outlives only a holder that died
_SPREAD_SECONDS: Final = 10.0  # for a schema change to be known everywhere
_PAUSE_SECONDS: Final = 0.2


def migrate(
    session: Session,
    *,
    keyspace: str,
    replication: Mapping[str, str | int],
    lock_wait_seconds: float = 180.0,
    migrations: Sequence[Migration] | None = None,
) -> tuple[int, ...]:
    """Create `keyspace` if it is missing and apply what it lacks of `migrations` (default: all of this package).

    `replication` is Cassandra's replication map with its class, for example
    `{"class": "NetworkTopologyStrategy", "dc1": 3}`. Returns the versions applied, empty when nothing was to do.
    Runs at the same time wait for one another. Raises InvalidParameterError, ReplicationDiffersError,
    MigrationChangedError, MigrationBusyError, or RefusedError where the session may not do this; a run that failed
    half-way is finished by the next.
    """
    if _KEYSPACE.fullmatch(keyspace) is None:
        raise InvalidParameterError(f"{keyspace!r} is no keyspace name: a to z, digits and _, at most 48.")
    wanted = load_migrations() if migrations is None else tuple(migrations)
    try:
        _ensure_keyspace(session, keyspace, replication)
        _ensure_bookkeeping(session, keyspace)
        lock = _Lock(session, keyspace)
        lock.acquire(lock_wait_seconds)
        try:
            return _apply_missing(session, keyspace, wanted, lock)
        finally:
            lock.release()
    except NOT_ALLOWED as error:
        raise RefusedError(f"Keyspace {keyspace} can't be migrated: {error}") from error


def _ensure_keyspace(session: Session, keyspace: str, replication: Mapping[str, str | int]) -> None:
    wanted = {key: str(value) for key, value in replication.items()}
    words = [*wanted.keys(), *wanted.values()]
    if "class" not in wanted or not all(_REPLICATION_WORD.fullmatch(word) for word in words):
        raise InvalidParameterError(f"{dict(replication)!r} is no replication map with its class.")
    present = _replication(session, keyspace)
    if present is None:
        literal = ", ".join(f"'{key}': '{value}'" for key, value in wanted.items())
        session.execute(f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {{{literal}}}")
        present = _replication(session, keyspace)
    wanted["class"] = wanted["class"].rpartition(".")[2]
    if present != wanted:
        raise ReplicationDiffersError(
            f"Keyspace {keyspace} is replicated as {present}, not as {wanted}. Set the old value again, or change it "
            "by hand with ALTER KEYSPACE and then run a full repair on every node."
        )


def _replication(session: Session, keyspace: str) -> dict[str, str] | None:
    found = session.execute(
        "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = %s", (keyspace,)
    ).one()
    if found is None:
        return None
    replication: dict[str, str] = dict(found.replication)
    return {**replication, "class": replication["class"].rpartition(".")[2]}


def _ensure_bookkeeping(session: Session, keyspace: str) -> None:
    tables = {
        "schema_migrations": "version int PRIMARY KEY, name text, checksum text, applied_at timestamp",
        "schema_lock": "name text PRIMARY KEY, holder uuid",
    }
    for name, columns in tables.items():
        _execute_when_known(session, f"CREATE TABLE IF NOT EXISTS {keyspace}.{name} ({columns})")


def _execute_when_known(session: Session, statement: str, parameters: Sequence[object] = ()) -> Any:
    """Execute, with patience for a node to which a keyspace or table that another run just made is not known yet."""
    deadline = time.monotonic() + _SPREAD_SECONDS
    while True:
        try:
            return session.execute(statement, parameters or None)
        except SERVER_REFUSALS:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


def _apply_missing(session: Session, keyspace: str, migrations: Sequence[Migration], lock: "_Lock") -> tuple[int, ...]:
    rows: Any = session.execute(f"SELECT version, checksum FROM {keyspace}.schema_migrations")  # noqa: S608
    checksums: dict[int, str] = {row.version: row.checksum for row in rows}
    for migration in migrations:
        if checksums.get(migration.version, migration.checksum) != migration.checksum:
            raise MigrationChangedError(
                f"Migration {migration.version:04d}_{migration.name} was edited after it was applied to keyspace "
                f"{keyspace}: restore the file and put the change into a new version."
            )
    unknown = sorted(checksums.keys() - {migration.version for migration in migrations})
    if unknown:
        _log.warning("keyspace %s is ahead of this program: it has versions %s too", keyspace, unknown)
    missing = [migration for migration in migrations if migration.version not in checksums]
    for migration in missing:
        for statement in migration.statements(keyspace):
            lock.renew()
            session.execute(statement)
        session.execute(
            f"INSERT INTO {keyspace}.schema_migrations (version, name, checksum, applied_at) "  # noqa: S608
            "VALUES (%s, %s, %s, %s)",
            (migration.version, migration.name, migration.checksum, datetime.now(UTC)),
        )
        _log.info("keyspace %s: applied %04d_%s", keyspace, migration.version, migration.name)
    return tuple(migration.version for migration in missing)


class _Lock:
    """One migration of a keyspace at a time, by a lightweight transaction on a row that outlives no dead holder.

    Cassandra 5.0 has no order between schema changes that reach different nodes at once: two CREATE TABLE of one name
    may each make a table of their own.
    """

    def __init__(self, session: Session, keyspace: str) -> None:
        self._session = session
        self._table = f"{keyspace}.schema_lock"
        self._holder = uuid.uuid4()

    def acquire(self, wait_seconds: float) -> None:
        deadline = time.monotonic() + wait_seconds
        insert = (
            f"INSERT INTO {self._table} (name, holder) VALUES ('migration', %s) "  # noqa: S608
            f"IF NOT EXISTS USING TTL {_LOCK_TTL_SECONDS}"
        )
        while not self._applied(insert, self._holder):
            if time.monotonic() >= deadline:
                raise MigrationBusyError(f"Another migration has held {self._table} for {wait_seconds:.0f} s.")
            time.sleep(_PAUSE_SECONDS)

    def renew(self) -> None:
        update = (
            f"UPDATE {self._table} USING TTL {_LOCK_TTL_SECONDS} SET holder = %s "  # noqa: S608
            "WHERE name = 'migration' IF holder = %s"
        )
        if not self._applied(update, self._holder, self._holder):
            raise MigrationBusyError(f"Another migration took {self._table} over while this one stood still.")

    def release(self) -> None:
        self._applied(f"DELETE FROM {self._table} WHERE name = 'migration' IF holder = %s", self._holder)  # noqa: S608

    def _applied(self, statement: str, *parameters: uuid.UUID) -> bool:
        return bool(_execute_when_known(self._session, statement, parameters).was_applied)
