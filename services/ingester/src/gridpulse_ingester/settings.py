"""Settings of the ingester, from the environment."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, FilePath, HttpUrl, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from gridpulse_contract.models import Granularity, Signal
from gridpulse_contract.signals import SIGNALS
from gridpulse_servicekit.logs import LogFormat
from gridpulse_servicekit.settings import ServiceSettings

__all__ = ["ZONE_PATTERN", "IngesterSettings"]

ZONE_PATTERN: Final = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")


def _split_commas(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _whole_number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


_FROM_COMMAS: Final = BeforeValidator(_split_commas)
_Seconds = Annotated[float, Field(gt=0)]
_HorizonHours = Annotated[Literal[6, 24, 48, 72], BeforeValidator(_whole_number)]


class IngesterSettings(ServiceSettings):
    """All that the ingester can be told; see `--help` for names and meanings."""

    model_config = SettingsConfigDict(env_prefix="GRIDPULSE_INGESTER_")

    kafka_bootstrap_servers: str = Field(description="Kafka brokers, host:port, comma separated.")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="How to talk to the brokers."
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="Used with SASL_* protocols."
    )
    kafka_sasl_username: str | None = Field(default=None, description="Used with SASL_* protocols.")
    kafka_sasl_password: SecretStr | None = Field(default=None, description="Used with SASL_* protocols.")
    kafka_ssl_ca_file: FilePath | None = Field(
        default=None, description="CA certificates of the brokers, PEM; none: those that the system trusts."
    )

    api_base_url: HttpUrl = Field(
        default=HttpUrl("https://api.electricitymaps.com"), description="The API's address, without a version."
    )
    api_version: Literal["v3", "v4"] = Field(default="v4", description="Version of the API.")
    api_token: SecretStr | None = Field(default=None, description="Token for every zone that has none of its own.")
    tokens_file: Path | None = Field(
        default=None,
        description="JSON file of tokens by zone: "
        '[{"id": "...", "headers": {"zone": "..."}, "params": {"auth-token": "..."}}].',
    )
    query_api_key: SecretStr | None = Field(
        default=None, description="API key for the query API, which repair and the checks ask; none: it asks for none."
    )
    zones: Annotated[tuple[str, ...], NoDecode, _FROM_COMMAS] = Field(
        default=(), description="Zone keys, comma separated; empty: the zones of the tokens file."
    )
    signals: Annotated[tuple[Signal, ...], NoDecode, _FROM_COMMAS] = Field(
        default=(Signal.POWER_BREAKDOWN, Signal.CARBON_INTENSITY, Signal.CARBON_INTENSITY_FORECAST),
        min_length=1,
        description=f"What to collect, comma separated: of {', '.join(Signal)}.",
    )
    emission_factor_types: Annotated[tuple[Literal["lifecycle", "direct"], ...], NoDecode, _FROM_COMMAS] = Field(
        default=("lifecycle", "direct"),
        min_length=1,
        description="Variants of carbon intensity and of its forecasts, comma separated.",
    )
    granularities: Annotated[tuple[Granularity, ...], NoDecode, _FROM_COMMAS] = Field(
        default=(Granularity.HOURLY,), min_length=1, description="Widths of rows to ask for, comma separated."
    )
    accept_sandbox: bool = Field(default=False, description="Store the made-up numbers of a sandbox key as real.")

    poll_period_seconds: _Seconds = Field(
        default=300, description="Time between two polls of the same zone and signal."
    )
    forecast_period_seconds: _Seconds = Field(
        default=900, description="The same for forecasts, which the source issues about once an hour."
    )
    forecast_horizon_hours: _HorizonHours = Field(
        default=24, description="How far ahead forecasts are asked for: 6, 24, 48 or 72."
    )
    startup_spread_seconds: float = Field(default=5, ge=0, description="Over how long the first polls are spread.")
    max_slowdown: float = Field(
        default=4, ge=1, description="By how much polls slow down at most while the host fails."
    )
    refused_period_seconds: _Seconds = Field(default=900, description="Time between polls that the API refuses.")
    entitlement_recheck_seconds: _Seconds = Field(
        default=3600, description="How long to poll latest before trying history again, where history was refused."
    )
    requests_per_second: float = Field(default=5, gt=0, description="Limit of requests to the host.")
    concurrency: int = Field(default=4, ge=1, description="Requests in flight at once.")
    connect_timeout_seconds: _Seconds = Field(default=5, description="For opening a connection to the API.")
    read_timeout_seconds: _Seconds = Field(default=15, description="For each piece of an answer.")
    request_deadline_seconds: _Seconds = Field(default=30, description="For one whole request.")
    retry_attempts: int = Field(default=4, ge=1, description="Tries of one request in all.")
    retry_wait_initial_seconds: _Seconds = Field(
        default=0.5, description="Wait before the second try; doubles, jittered."
    )
    retry_wait_max_seconds: _Seconds = Field(
        default=20, description="Longest wait between tries; a longer Retry-After is left to the next poll."
    )
    retry_total_seconds: _Seconds = Field(default=60, description="No new try after this long.")

    queue_size: int = Field(default=64, ge=1, description="Answers that may wait for Kafka before polls wait, too.")
    delivery_deadline_seconds: _Seconds = Field(default=30, description="For Kafka to acknowledge a message.")
    acknowledged_memory: int = Field(default=200_000, ge=1, description="Event-ids to remember as acknowledged.")
    seed_messages_per_partition: int = Field(
        default=20_000, ge=0, description="Messages per partition to recall at start as already acknowledged."
    )
    seed_deadline_seconds: _Seconds = Field(default=15, description="For that recall; the rest is simply sent again.")
    broker_deadline_seconds: _Seconds = Field(default=30, description="For reaching Kafka, where a command needs it.")
    drain_deadline_seconds: _Seconds = Field(default=20, description="For finishing after SIGTERM.")
    stuck_after_seconds: _Seconds = Field(default=300, description="Silence of a loop after which /livez fails.")

    http_host: str = Field(default="127.0.0.1", description="Where /livez, /readyz and /metrics listen.")
    http_port: int = Field(default=8081, ge=0, le=65535, description="Their port; 0 = a free one, logged at start.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level to log.")
    log_format: LogFormat = Field(default="json", description="json or console.")

    @field_validator("zones")
    @classmethod
    def _zones_are_keys(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        for zone in zones:
            if not ZONE_PATTERN.fullmatch(zone):
                raise ValueError(f"{zone!r} is not a zone key: capital letters, digits and hyphens, like DE or IT-NO")
        if len(set(zones)) != len(zones):
            raise ValueError("a zone is named twice")
        return zones

    @model_validator(mode="after")
    def _signals_are_of_the_version(self) -> Self:
        if later := self.later_signals(self.signals):
            raise ValueError(f"{', '.join(later)}: not in {self.api_version} of the API; set api_version to v4")
        return self

    def later_signals(self, signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
        """Those of the signals that this version of the API does not have."""
        version = int(self.api_version.removeprefix("v"))
        return tuple(signal for signal in signals if SIGNALS[signal].oldest_api_version > version)

    @model_validator(mode="after")
    def _sasl_needs_a_login(self) -> Self:
        if self.kafka_security_protocol.startswith("SASL") and not (
            self.kafka_sasl_username and self.kafka_sasl_password
        ):
            raise ValueError(
                f"kafka_security_protocol {self.kafka_security_protocol} needs "
                "kafka_sasl_username and kafka_sasl_password"
            )
        return self
