"""Settings of Kafka that can't be right are refused before anything starts."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gridpulse_ingester.errors import ConfigurationError
from gridpulse_ingester.kafka import open_producer

from .conftest import MakeSettings


@pytest.mark.parametrize("missing", ["kafka_sasl_username", "kafka_sasl_password"])
async def test_sasl_without_a_login_is_refused(make_settings: MakeSettings, missing: str) -> None:
    login = {"kafka_sasl_username": "ingester", "kafka_sasl_password": "hush"}
    make_settings(kafka_security_protocol="SASL_SSL", **login)
    with pytest.raises(ValidationError, match="needs kafka_sasl_username and kafka_sasl_password"):
        make_settings(kafka_security_protocol="SASL_SSL", **{**login, missing: None})


async def test_a_ca_file_has_to_be_there_and_hold_certificates(make_settings: MakeSettings, tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    with pytest.raises(ValidationError, match="kafka_ssl_ca_file"):
        make_settings(kafka_ssl_ca_file=file)
    file.write_text("nothing")
    with pytest.raises(ConfigurationError, match="holds no CA certificates"):
        await open_producer(make_settings(kafka_security_protocol="SSL", kafka_ssl_ca_file=file))
