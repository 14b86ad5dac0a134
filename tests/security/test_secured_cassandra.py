"""Clients of a node that speaks TLS alone, each with a role of its own."""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from cassandra import Unauthorized

from gridpulse_contract.models import CarbonIntensityEvent, DeadLetter, PowerBreakdownEvent
from gridpulse_platform import Service, free_port, loopback, wait_until
from gridpulse_schema import SchemaError, open_session
from harness.certificates import Authority
from harness.jobs import finished_job
from harness.secured import SecuredBroker, SecuredNode
from harness.streaming import streaming_driver

from .conftest import KEYSPACE, spark_login

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

NONSENSE: Final = b"nonsense"


def migration(
    node: SecuredNode, authority: Authority, password: str, changes: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    values = {
        "CONTACT_POINTS": node.contact_points,
        "PORT": str(node.port),
        "USERNAME": "migration",
        "PASSWORD": password,
        "CASSANDRA_SSL_CA_FILE": str(authority.ca_file),
        "WAIT_SECONDS": "20",
        **changes,
    }
    environment = {**os.environ, **{f"GRIDPULSE_SCHEMA_{name}": value for name, value in values.items()}}
    command = [sys.executable, "-m", "gridpulse_schema", "migrate"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def query_api(
    node: SecuredNode, authority: Authority, password: str, log_path: Path, changes: Mapping[str, str]
) -> tuple[Service, str]:
    url = f"http://127.0.0.1:{free_port()}"
    values = {
        "PORT": url.rpartition(":")[2],
        "CASSANDRA_PORT": str(node.port),
        "CASSANDRA_USERNAME": "query_api",
        "CASSANDRA_PASSWORD": password,
        "CASSANDRA_SSL_CA_FILE": str(authority.ca_file),
        **changes,
    }
    environment = {f"GRIDPULSE_QUERY_API_{name}": value for name, value in values.items()}
    program = ["-m", "gridpulse_query_api"]
    return Service("query-api", program, log_path, environment=environment, health_url=f"{url}/livez"), url


def missing(url: str) -> list[str]:
    return loopback.get(f"{url}/readyz", timeout=10).json()["missing"]


def test_the_migration_works_and_changes_nothing_the_second_time(
    migrated: SecuredNode, authority: Authority, roles: dict[str, str]
) -> None:
    done = migration(migrated, authority, roles["migration"], {})
    assert done.returncode == 0, done.stderr
    assert "applied now: nothing" in done.stderr


def can(node: SecuredNode, authority: Authority, username: str, password: str, statement: str) -> bool:
    """Whether the role may do this. Raises SchemaError where its login is refused."""
    with open_session([node.contact_points], port=node.port, username=username, password=password,
                      ssl_ca_file=authority.ca_file) as session:  # fmt: skip
        try:
            session.execute(statement)
        except Unauthorized:
            return False
        return True


def test_the_migration_makes_a_reader_and_a_writer_and_changes_their_passwords(
    migrated: SecuredNode, authority: Authority, roles: dict[str, str]
) -> None:
    old, new = secrets.token_hex(16), secrets.token_hex(16) + "'"
    users = {"READER_USERNAME": "reads-only", "WRITER_USERNAME": "writes.too"}
    passwords = ("READER_PASSWORD", "WRITER_PASSWORD")
    for password in (old, new):
        done = migration(migrated, authority, roles["migration"], {**users, **dict.fromkeys(passwords, password)})
        assert done.returncode == 0, done.stderr
        assert password not in done.stderr
    with pytest.raises(SchemaError, match="refuses the credentials"):
        can(migrated, authority, "reads-only", old, "SELECT release_version FROM system.local")
    read = f"SELECT * FROM {KEYSPACE}.power_breakdown LIMIT 1"  # noqa: S608
    write = f"INSERT INTO {KEYSPACE}.power_breakdown (zone, granularity, year, at) VALUES ('XX', 'hourly', 2000, 0)"  # noqa: S608
    drop = f"DROP TABLE {KEYSPACE}.power_breakdown"
    allowed = {
        user: [can(migrated, authority, user, new, statement) for statement in (read, write, drop)]
        for user in users.values()
    }
    assert allowed == {"reads-only": [True, False, False], "writes.too": [True, True, False]}
    demoted = {"READER_USERNAME": "writes.too", "READER_PASSWORD": new}
    assert migration(migrated, authority, roles["migration"], demoted).returncode == 0
    # Nodes remember rights for a moment.
    wait_until(lambda: not can(migrated, authority, "writes.too", new, write), 20, "the writer may write no more")


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"READER_USERNAME": "Robert'); DROP", "READER_PASSWORD": "x"}, 1, "is no user name"),
        ({"READER_USERNAME": "nobody"}, 1, "The reader nobody has no password"),
        # Of a role that this one has not made, it may not change the password.
        ({"WRITER_USERNAME": "cassandra", "WRITER_PASSWORD": "x"}, 1, "The writer cassandra can't be made"),
        ({"USERNAME": "query_api", "KEYSPACE": "another"}, 1, "Keyspace another can't be migrated"),
        ({"READER_USERNAME": "one", "WRITER_USERNAME": "one"}, 2, "a reader that may write"),
    ],
)
def test_the_migration_says_why_it_makes_no_login(
    migrated: SecuredNode, authority: Authority, roles: dict[str, str], changes: dict[str, str], code: int, reason: str
) -> None:
    done = migration(migrated, authority, roles[changes.get("USERNAME", "migration")], changes)
    assert done.returncode == code, done.stderr
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"PASSWORD": "another"}, 1, "refuses the credentials of user 'migration'"),
        ({"CASSANDRA_SSL_CA_FILE": "stranger"}, 1, "certificate is not trusted"),
        ({"CASSANDRA_SSL_SERVER_NAME": "elsewhere"}, 1, "Hostname mismatch"),
        ({"CASSANDRA_SSL_SERVER_NAME": "cassandra"}, 0, "is up to date"),
        ({"CASSANDRA_SSL_CA_FILE": "/nowhere/ca.crt"}, 2, "cassandra_ssl_ca_file"),
    ],
)
def test_the_migration_says_what_is_wrong(
    migrated: SecuredNode,
    authority: Authority,
    stranger: Authority,
    roles: dict[str, str],
    changes: dict[str, str],
    code: int,
    reason: str,
) -> None:
    changes = {name: str(stranger.ca_file) if value == "stranger" else value for name, value in changes.items()}
    done = migration(migrated, authority, roles["migration"], changes)
    assert done.returncode == code, done.stderr
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_the_query_api_reads(
    migrated: SecuredNode, authority: Authority, roles: dict[str, str], tmp_path: Path
) -> None:
    program, url = query_api(migrated, authority, roles["query_api"], tmp_path / "api.log", {})
    with program:
        wait_until(lambda: not missing(url), 30, "the API is ready")
        answer = loopback.get(f"{url}/v1/zones/FR/power-breakdown", timeout=10)
        assert answer.status_code == 200, answer.text
    assert roles["query_api"] not in program.log_path.read_text()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"CASSANDRA_PASSWORD": "another"}, "AuthenticationFailed"),
        ({"CASSANDRA_SSL_CA_FILE": "stranger"}, "CERTIFICATE_VERIFY_FAILED"),
        ({"CASSANDRA_SSL_SERVER_NAME": "elsewhere"}, "Hostname mismatch"),
    ],
)
def test_the_query_api_says_what_is_wrong(
    migrated: SecuredNode,
    authority: Authority,
    stranger: Authority,
    roles: dict[str, str],
    tmp_path: Path,
    changes: dict[str, str],
    reason: str,
) -> None:
    changes = {name: str(stranger.ca_file) if value == "stranger" else value for name, value in changes.items()}
    program, url = query_api(migrated, authority, roles["query_api"], tmp_path / "api.log", changes)
    with program:
        wait_until(lambda: any(reason in sentence for sentence in missing(url)), 30, "the reason is named")


@pytest.mark.slow
def test_the_stream_goes_from_the_secured_broker_to_the_secured_node(
    broker: SecuredBroker,
    collected: str,
    migrated: SecuredNode,
    authority: Authority,
    roles: dict[str, str],
    administrator: Any,
    tmp_path: Path,
) -> None:
    assert collected
    send_nonsense(broker)
    login = {**broker.login("streaming"), **spark_login(migrated, authority, "streaming", roles["streaming"])}
    driver = streaming_driver(broker, migrated, KEYSPACE, tmp_path, settings=login)
    with driver:
        for table in ("power_breakdown", "carbon_intensity"):
            wait_until(lambda table=table: count(administrator, table) > 0, 120, f"rows of {table}")
        assert dead_letter(broker, NONSENSE).source_topic == CarbonIntensityEvent.topic
    log = driver.log_path.read_text()
    assert roles["streaming"] not in log
    assert login["KAFKA_SASL_PASSWORD"] not in log


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["password", "ca"])
def test_a_wrong_login_ends_the_stream_with_the_reason(
    broker: SecuredBroker,
    migrated: SecuredNode,
    authority: Authority,
    stranger: Authority,
    roles: dict[str, str],
    tmp_path: Path,
    wrong: str,
) -> None:
    change = {"password": {"KAFKA_SASL_PASSWORD": "another"}, "ca": {"KAFKA_SSL_CA_FILE": str(stranger.ca_file)}}[wrong]
    login = spark_login(migrated, authority, "streaming", roles["streaming"])
    settings = {**broker.login("streaming"), **change, **login}
    driver = streaming_driver(broker, migrated, KEYSPACE, tmp_path, settings=settings).spawn()
    try:
        wait_until(lambda: not driver.is_running, 180, "the job has ended")
    finally:
        driver.kill()
    assert driver.exit_code == 1
    reason = {"password": "SaslAuthenticationException", "ca": "SslAuthenticationException"}[wrong]
    assert any("CRITICAL" in line and reason in line for line in driver.log_path.read_text().splitlines())


def count(session: Any, table: str) -> int:
    return len(list(session.execute(f"SELECT at FROM {KEYSPACE}.{table} LIMIT 1")))  # noqa: S608


def dead_letter(broker: SecuredBroker, body: bytes) -> DeadLetter:
    """The one that says this, as soon as it is in Kafka."""

    async def consume() -> DeadLetter:
        consumer: Any = AIOKafkaConsumer(
            DeadLetter.topic, bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            async with asyncio.timeout(120):
                while True:
                    letter = DeadLetter.model_validate_json((await consumer.getone()).value)
                    if letter.body() == body:
                        return letter
        finally:
            await consumer.stop()

    return asyncio.run(consume())


def send_nonsense(broker: SecuredBroker) -> None:
    async def send() -> None:
        producer: Any = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers)
        await producer.start()
        try:
            await producer.send_and_wait(CarbonIntensityEvent.topic, NONSENSE, b"DE")
        finally:
            await producer.stop()

    asyncio.run(send())


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["password", "ca"])
def test_a_job_says_what_is_wrong(
    migrated: SecuredNode, authority: Authority, stranger: Authority, roles: dict[str, str], tmp_path: Path, wrong: str
) -> None:
    trusted = stranger if wrong == "ca" else authority
    password = "another" if wrong == "password" else roles["streaming"]
    settings = {
        **spark_login(migrated, trusted, "streaming", password),
        "LAKE_LOCATION": str(tmp_path / "lake"),
    }
    done = finished_job("rebuild_cassandra.py", ["--keyspace", KEYSPACE], settings, "REBUILD")
    assert done.returncode == 1, done.stderr[-3000:]
    assert {"password": "AuthenticationException", "ca": "Failed to open native connection"}[wrong] in done.stderr
    assert PowerBreakdownEvent.topic not in done.stderr
