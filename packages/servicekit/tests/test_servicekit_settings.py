from typing import ClassVar

import pytest
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from gridpulse_servicekit.settings import ServiceSettings, ServiceSettingsError


class ExampleSettings(ServiceSettings):
    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(env_prefix="GRIDPULSE_EXAMPLE_")

    servers: str = Field(description="Where it is.")
    port: int = Field(default=8080, description="Where it listens.")
    token: SecretStr | None = Field(default=None, description="A secret.")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("GRIDPULSE_EXAMPLE_SERVERS", "here:1")
    return monkeypatch


def test_reads_the_environment_and_masks_secrets(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GRIDPULSE_EXAMPLE_TOKEN", "hunter2")
    settings = ExampleSettings.load()
    assert settings.servers == "here:1"
    assert settings.token is not None
    assert settings.token.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings) + str(settings.for_log())


def test_is_frozen(environment: pytest.MonkeyPatch) -> None:
    settings = ExampleSettings.load()
    with pytest.raises(ValidationError):
        settings.port = 1


def test_names_every_variable_that_is_wrong_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDPULSE_EXAMPLE_PORT", "swordfish")
    with pytest.raises(ServiceSettingsError) as caught:
        ExampleSettings.load()
    message = str(caught.value)
    assert "GRIDPULSE_EXAMPLE_SERVERS: Field required" in message
    assert "GRIDPULSE_EXAMPLE_PORT: Input should be a valid integer" in message
    assert "swordfish" not in message


def test_refuses_a_typing_error(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GRIDPULSE_EXAMPLE_PROT", "1")
    with pytest.raises(ServiceSettingsError, match=r"GRIDPULSE_EXAMPLE_PROT is not a setting: is .*_PORT meant"):
        ExampleSettings.load()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GRIDPULSE_EXAMPLE_SERVICE_HOST", "10.0.0.1"),
        ("GRIDPULSE_EXAMPLE_SERVICE_PORT_HTTP", "80"),
        ("GRIDPULSE_EXAMPLE_API_PORT", "tcp://10.0.0.1:80"),
        ("GRIDPULSE_EXAMPLE_PORT_80_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_leaves_the_variables_that_kubernetes_adds(environment: pytest.MonkeyPatch, variable: str, value: str) -> None:
    environment.setenv(variable, value)
    assert ExampleSettings.load().port == 8080


def test_describes_itself() -> None:
    text = ExampleSettings.describe()
    assert "GRIDPULSE_EXAMPLE_SERVERS (required)" in text
    assert "GRIDPULSE_EXAMPLE_PORT (default 8080)" in text
    assert "Where it listens." in text
