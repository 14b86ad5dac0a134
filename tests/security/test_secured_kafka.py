"""Clients of a broker with SASL_SSL, SCRAM-SHA-512 and least rights, each with its own login."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError

from gridpulse_contract.models import CarbonIntensityEvent, PowerBreakdownEvent
from harness.certificates import Authority
from harness.jobs import finished_job, run_job
from harness.secured import SecuredBroker

from .conftest import Ingest

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]


def manifests(lake: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in lake.rglob("_manifest.json")]


def test_the_ingester_delivers_and_remembers(collected: str, ingest: Ingest) -> None:
    assert "SASL_SSL" in collected
    assert "AuthorizationFailed" not in collected
    again = ingest()
    assert again.returncode == 0, again.stderr
    assert "AuthorizationFailed" not in again.stderr


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"KAFKA_SASL_PASSWORD": "another"}, ("SaslAuthenticationFailed", "Authentication failed")),
        ({"KAFKA_SASL_USERNAME": "nobody"}, ("SaslAuthenticationFailed", "Authentication failed")),
    ],
)
def test_a_wrong_login_ends_the_ingester_with_the_reason(
    ingest: Ingest, changes: Mapping[str, str], reasons: tuple[str, ...]
) -> None:
    done = ingest(**changes)
    assert done.returncode == 1
    assert any(reason in done.stderr for reason in reasons), done.stderr
    assert "Traceback" not in done.stderr


def test_a_broker_of_a_stranger_ends_the_ingester_with_the_reason(ingest: Ingest, stranger: Authority) -> None:
    done = ingest(KAFKA_SSL_CA_FILE=str(stranger.ca_file))
    assert done.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_ca_file_that_is_none_is_a_wrong_setting(ingest: Ingest, tmp_path: Path) -> None:
    missing = ingest(KAFKA_SSL_CA_FILE=str(tmp_path / "ca.crt"))
    assert missing.returncode == 2
    assert "GRIDPULSE_INGESTER_KAFKA_SSL_CA_FILE" in missing.stderr
    (tmp_path / "ca.crt").write_text("nothing")
    broken = ingest(KAFKA_SSL_CA_FILE=str(tmp_path / "ca.crt"))
    assert broken.returncode == 2
    assert "holds no CA certificates" in broken.stderr


@pytest.mark.parametrize("client", ["archive", "streaming"])
def test_who_only_reads_events_can_not_write_them(broker: SecuredBroker, authority: Authority, client: str) -> None:
    login = broker.login(client)

    async def send() -> None:
        producer: Any = AIOKafkaProducer(
            bootstrap_servers=broker.secured_servers,
            security_protocol="SASL_SSL",
            sasl_mechanism="SCRAM-SHA-512",
            sasl_plain_username=client,
            sasl_plain_password=login["KAFKA_SASL_PASSWORD"],
            ssl_context=ssl.create_default_context(cafile=authority.ca_file),
        )
        await producer.start()
        try:
            await producer.send_and_wait(PowerBreakdownEvent.topic, b"{}")
        finally:
            await producer.stop()

    with pytest.raises(TopicAuthorizationFailedError):
        asyncio.run(send())


@pytest.mark.slow
def test_the_archive_reads_with_its_own_login(broker: SecuredBroker, collected: str, tmp_path: Path) -> None:
    assert collected
    lake = tmp_path / "lake"
    settings = {**broker.login("archive"), "LAKE_LOCATION": str(lake), "SETTLE_SECONDS": "0"}
    log = run_job("archive_to_parquet.py", ["--open-hour"], settings, "ARCHIVE")
    assert settings["KAFKA_SASL_PASSWORD"] not in log
    assert {found["topic"] for found in manifests(lake)} >= {PowerBreakdownEvent.topic, CarbonIntensityEvent.topic}
    assert any(part["end"] > part["start"] for found in manifests(lake) for part in found["partitions"].values())


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["password", "ca"])
def test_a_wrong_login_ends_the_archive_with_the_reason(
    broker: SecuredBroker, stranger: Authority, tmp_path: Path, wrong: str
) -> None:
    change = {"password": {"KAFKA_SASL_PASSWORD": "another"}, "ca": {"KAFKA_SSL_CA_FILE": str(stranger.ca_file)}}[wrong]
    settings = {**broker.login("archive"), **change, "LAKE_LOCATION": str(tmp_path / "lake"), "SETTLE_SECONDS": "0"}
    done = finished_job("archive_to_parquet.py", [], settings, "ARCHIVE")
    assert done.returncode == 1
    assert {"password": "SaslAuthenticationException", "ca": "SslAuthenticationException"}[wrong] in done.stderr
    assert "Kafka does not answer" in done.stderr
    assert "Traceback" not in done.stderr
