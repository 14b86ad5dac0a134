"""What Kafka's clients are told, by the settings."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession

from gridpulse_spark.errors import ConfigurationError
from gridpulse_spark.kafka import kafka_options
from gridpulse_spark.settings import ArchiveSettings, KafkaSettings, StreamingSettings
from gridpulse_spark.sinks import connector_conf


def given(**values: Any) -> KafkaSettings:
    return KafkaSettings.model_validate(values)


def test_by_default_there_is_neither_tls_nor_a_login() -> None:
    assert kafka_options(given(kafka_bootstrap_servers="a:1,b:2")) == {
        "kafka.bootstrap.servers": "a:1,b:2",
        "kafka.security.protocol": "PLAINTEXT",
    }


def test_a_login_and_the_ca(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("the certificates")
    options = kafka_options(
        given(
            kafka_security_protocol="SASL_SSL",
            kafka_sasl_username="archive",
            kafka_sasl_password="hush",  # noqa: S106
            kafka_ssl_ca_file=tmp_path / "ca.crt",
        )
    )
    assert options["kafka.security.protocol"] == "SASL_SSL"
    assert options["kafka.sasl.mechanism"] == "SCRAM-SHA-512"
    assert options["kafka.sasl.jaas.config"] == (
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="archive" password="hush";'
    )
    assert options["kafka.ssl.truststore.type"] == "PEM"
    assert options["kafka.ssl.truststore.certificates"] == "the certificates"


@pytest.mark.parametrize("missing", ["kafka_sasl_username", "kafka_sasl_password"])
def test_sasl_without_a_login_is_a_wrong_setting(missing: str) -> None:
    login = {"kafka_sasl_username": "a", "kafka_sasl_password": "b"}
    with pytest.raises(ValidationError, match="needs kafka_sasl_username and kafka_sasl_password") as refused:
        given(kafka_security_protocol="SASL_SSL", **{**login, missing: ""})
    assert "hush" not in str(refused.value)


def test_a_ca_that_can_not_be_read_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="kafka_ssl_ca_file"):
        given(kafka_ssl_ca_file=tmp_path / "ca.crt")
    (tmp_path / "ca.der").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="CA certificates can't be read"):
        kafka_options(given(kafka_ssl_ca_file=tmp_path / "ca.der"))


@pytest.mark.parametrize("settings", [StreamingSettings, ArchiveSettings])
def test_every_job_that_asks_kafka_has_the_settings(settings: type[KafkaSettings]) -> None:
    assert set(KafkaSettings.model_fields) <= set(settings.model_fields)


@pytest.mark.engines
@pytest.mark.parametrize("password", ["plain", "with \" and \\ and ' and ; and $", "ends with \\", '"'])
def test_java_reads_the_password_that_was_written(spark: SparkSession, password: str) -> None:
    settings = given(kafka_security_protocol="SASL_SSL", kafka_sasl_username="a b", kafka_sasl_password=password)
    gateway: Any = spark
    jvm: Any = gateway._jvm
    java = jvm.org.apache.kafka.common
    text = java.config.types.Password(kafka_options(settings)["kafka.sasl.jaas.config"])
    configs: Any = jvm.java.util.HashMap()
    configs.put("sasl.jaas.config", text)
    (entry,) = java.security.JaasContext.loadClientContext(configs).configurationEntries()
    read = entry.getOptions()
    assert (read.get("username"), read.get("password")) == ("a b", password)


def test_cassandra_is_spoken_to_in_tls_where_there_is_a_truststore(tmp_path: Path) -> None:
    store = tmp_path / "truststore.p12"
    store.write_bytes(b"")
    values = {"checkpoint_location": "x", "cassandra_truststore_password": "hush"}
    assert not any(".ssl." in key for key in connector_conf(StreamingSettings.model_validate(values)))
    settings = StreamingSettings.model_validate({**values, "cassandra_truststore_file": store})
    conf = connector_conf(settings)
    prefix = "spark.cassandra.connection.ssl"
    assert conf[f"{prefix}.enabled"] == "true"
    assert conf[f"{prefix}.trustStore.path"] == str(store)
    assert conf[f"{prefix}.trustStore.password"] == "hush"
    assert "TLS_RSA" not in conf[f"{prefix}.enabledAlgorithms"]
    assert "hush" not in repr(settings)
