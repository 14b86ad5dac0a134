"""A broker and a node with TLS, logins and least rights, and what the ingester collects into that broker."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Generator
from typing import Any, Final, Literal

import pytest

from gridpulse_platform import Service, create_topics, free_port, wait_until
from gridpulse_schema import SchemaError, migrate, open_session
from gridpulse_schema.logins import Login, grant_login
from harness.certificates import Authority
from harness.secured import SecuredBroker, SecuredNode

KEYSPACE: Final = "power"
_COMMAND_SECONDS: Final = 120
_ROLES: Final[dict[str, Literal["reader", "writer"]]] = {"query_api": "reader", "streaming": "writer"}

Ingest = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Nobody's servers are signed by it."""
    return Authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="session")
def broker(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Generator[SecuredBroker]:
    with SecuredBroker(tmp_path_factory.mktemp("secured-kafka"), authority) as started:
        create_topics(started.bootstrap_servers)
        started.grant()
        yield started


@pytest.fixture(scope="session")
def ingest(broker: SecuredBroker, tmp_path_factory: pytest.TempPathFactory) -> Generator[Ingest]:
    """Runs the ingester once with the given changes of its settings (without their prefix)."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    standin = Service(
        "stand-in",
        ["-m", "gridpulse_standin"],
        tmp_path_factory.mktemp("stand-in") / "standin.log",
        environment={"GRIDPULSE_STANDIN_HOST": "127.0.0.1", "GRIDPULSE_STANDIN_PORT": str(port)},
        health_url=f"{url}/health",
    )

    def run(**changes: str) -> subprocess.CompletedProcess[str]:
        values = {
            **broker.login("ingester"),
            "API_BASE_URL": url,
            "API_TOKEN": "standin-all",
            "ZONES": "DE",
            "BROKER_DEADLINE_SECONDS": "15",
            **changes,
        }
        environment = {**os.environ, **{f"GRIDPULSE_INGESTER_{name}": value for name, value in values.items()}}
        command = [sys.executable, "-m", "gridpulse_ingester", "run", "--once"]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False
        )

    with standin:
        yield run


@pytest.fixture(scope="session")
def collected(ingest: Ingest) -> str:
    """What the ingester logged when it delivered a day of DE."""
    done = ingest()
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="session")
def node(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Generator[SecuredNode]:
    with SecuredNode(tmp_path_factory.mktemp("secured-cassandra"), authority) as started:
        yield started


@pytest.fixture(scope="session")
def administrator(node: SecuredNode, authority: Authority) -> Generator[Any]:
    """A session that may do everything."""

    def has_its_first_user() -> bool:
        try:
            with open_session([node.contact_points], port=node.port, username="cassandra", password="cassandra",  # noqa: S106
                              ssl_ca_file=authority.ca_file):  # fmt: skip
                return True
        except SchemaError:
            return False

    wait_until(has_its_first_user, 60, "Cassandra has made its first user")
    with open_session([node.contact_points], port=node.port, username="cassandra", password="cassandra",  # noqa: S106
                      ssl_ca_file=authority.ca_file) as session:  # fmt: skip
        yield session


@pytest.fixture(scope="session")
def roles(administrator: Any) -> dict[str, str]:
    """Passwords by role: one that may make the schema and logins, and one for each client, which is not there yet."""
    passwords = {role: secrets.token_hex(16) for role in ("migration", *_ROLES)}
    administrator.execute(f"CREATE ROLE migration WITH LOGIN = true AND PASSWORD = '{passwords['migration']}'")
    administrator.execute("GRANT CREATE ON ALL KEYSPACES TO migration")
    administrator.execute("GRANT CREATE ON ALL ROLES TO migration")
    return passwords


@pytest.fixture(scope="session")
def migrated(node: SecuredNode, authority: Authority, roles: dict[str, str]) -> SecuredNode:
    """The node with the keyspace, made by the role for it; so has every client its rights, and no more."""
    with open_session([node.contact_points], port=node.port, username="migration", password=roles["migration"],
                      ssl_ca_file=authority.ca_file) as session:  # fmt: skip
        migrate(session, keyspace=KEYSPACE, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        for role, kind in _ROLES.items():
            grant_login(session, Login(kind, role, roles[role]), keyspace=KEYSPACE)
    return node


def spark_login(node: SecuredNode, authority: Authority, role: str, password: str) -> dict[str, str]:
    """Settings of a Spark job for the node, without their prefix."""
    return {
        "CASSANDRA_CONTACT_POINTS": node.contact_points,
        "CASSANDRA_PORT": str(node.port),
        "CASSANDRA_USERNAME": role,
        "CASSANDRA_PASSWORD": password,
        "CASSANDRA_TRUSTSTORE_FILE": str(authority.truststore),
        "CASSANDRA_TRUSTSTORE_PASSWORD": authority.password,
    }
