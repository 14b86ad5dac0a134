"""Migration of a real node: idempotent, one at a time, and strict about what was applied."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from gridpulse_platform import CassandraNode
from gridpulse_schema import Session, load_migrations, migrate, open_session
from gridpulse_schema.__main__ import main
from gridpulse_schema.errors import ClusterUnavailableError, MigrationChangedError, ReplicationDiffersError
from gridpulse_schema.migrations import parse_migration

pytestmark = pytest.mark.engines

REPLICATION = {"class": "NetworkTopologyStrategy", "dc1": 1}
VERSIONS = tuple(migration.version for migration in load_migrations())


@pytest.fixture(scope="module")
def session(cassandra: CassandraNode) -> Generator[Session]:
    with open_session([cassandra.contact_points], port=cassandra.port) as opened:
        yield opened


def column_types(session: Session, keyspace: str) -> dict[tuple[str, str], str]:
    rows: Any = session.execute(
        "SELECT table_name, column_name, type FROM system_schema.columns WHERE keyspace_name = %s", (keyspace,)
    )
    return {(row.table_name, row.column_name): row.type for row in rows}


def test_twice_is_as_once(session: Session) -> None:
    assert migrate(session, keyspace="twice", replication=REPLICATION) == VERSIONS
    before = column_types(session, "twice")
    assert migrate(session, keyspace="twice", replication=REPLICATION) == ()
    assert column_types(session, "twice") == before
    assert before["power_breakdown", "prod_wind_mw"] == "double"
    assert before["power_breakdown_revisions", "quality"] == "frozen<set<text>>"


def test_many_at_once_apply_each_version_once(cassandra: CassandraNode) -> None:
    def run(_: int) -> tuple[int, ...]:
        with open_session([cassandra.contact_points], port=cassandra.port) as own:
            return migrate(own, keyspace="at_once", replication=REPLICATION)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(run, range(4))) == [(), (), (), VERSIONS]


def test_a_later_version_is_added_and_an_edited_one_refused(session: Session) -> None:
    first, *_ = load_migrations()
    second = parse_migration("0002_note.cql", "ALTER TABLE $keyspace.power_breakdown ADD IF NOT EXISTS note text;\n")
    migrate(session, keyspace="edited", replication=REPLICATION, migrations=[first])
    assert migrate(session, keyspace="edited", replication=REPLICATION, migrations=[first, second]) == (2,)
    assert column_types(session, "edited")["power_breakdown", "note"] == "text"
    edited = replace(first, checksum="0" * 64)
    with pytest.raises(MigrationChangedError, match="0001_signals was edited"):
        migrate(session, keyspace="edited", replication=REPLICATION, migrations=[edited, second])
    # Older code on a newer keyspace, as after a rollback, finds nothing to do.
    assert migrate(session, keyspace="edited", replication=REPLICATION, migrations=[first]) == ()


def test_another_replication_is_refused(session: Session) -> None:
    migrate(session, keyspace="replicated", replication=REPLICATION)
    with pytest.raises(ReplicationDiffersError, match="ALTER KEYSPACE"):
        migrate(session, keyspace="replicated", replication={**REPLICATION, "dc1": 3})


def test_the_command_line(cassandra: CassandraNode, session: Session) -> None:
    where = ["--contact-points", cassandra.contact_points, "--port", str(cassandra.port)]
    replication = '{"class": "NetworkTopologyStrategy", "dc1": 1}'
    for _ in range(2):
        assert main(["migrate", *where, "--keyspace", "by_command", "--replication", replication]) == 0
    assert column_types(session, "by_command")
    assert main(["migrate", *where, "--keyspace", "Not-a-name"]) == 1


def test_a_cluster_that_does_not_answer(cassandra: CassandraNode) -> None:
    with (
        pytest.raises(ClusterUnavailableError, match=r"127\.0\.0\.1"),
        open_session([cassandra.contact_points], port=cassandra.storage_port, wait_seconds=0.1),
    ):
        pass
