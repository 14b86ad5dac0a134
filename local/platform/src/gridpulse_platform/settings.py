"""Settings of the local platform, from the environment."""

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from gridpulse_contract.zones import load_zones
from gridpulse_platform.jars import DEFAULT_HOME
from gridpulse_servicekit.settings import ServiceSettings

__all__ = ["DEFAULT_ZONES", "PlatformSettings"]

DEFAULT_ZONES: Final = ("DE", "FR", "ES", "IT", "AT", "BE", "CH", "CZ", "GB", "NL", "PL", "PT")


def _split_commas(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(dict.fromkeys(part.strip().upper() for part in value.split(",") if part.strip()))
    return value


_Port = Annotated[int, Field(ge=1024, le=65535)]
_Seconds = Annotated[float, Field(gt=0)]


class PlatformSettings(ServiceSettings):
    """Where the platform keeps its things, where its parts listen, and what it collects."""

    model_config = SettingsConfigDict(env_prefix="GRIDPULSE_PLATFORM_", populate_by_name=True)

    home: Path = Field(default=DEFAULT_HOME, description="Folder for jars, data and logs.")
    zones: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_commas)] = Field(
        default=DEFAULT_ZONES, min_length=1, description="Zones to collect, comma separated."
    )
    electricity_maps_token: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("ELECTRICITY_MAPS_TOKEN", "GRIDPULSE_PLATFORM_ELECTRICITY_MAPS_TOKEN"),
        description="Token of the real API (or ELECTRICITY_MAPS_TOKEN, without the prefix); none: the stand-in.",
    )
    history_days: Annotated[int, Field(ge=1, le=60)] = Field(default=7, description="Days of history to load.")
    poll_period_seconds: _Seconds = Field(default=60, description="Time between two polls of a zone and signal.")
    data_deadline_seconds: _Seconds = Field(default=240, description="For data of all zones to be readable.")
    required_memory_mb: int = Field(default=4000, ge=0, description="Available memory below which not to start.")

    kafka_port: _Port = Field(default=9092, description="Kafka.")
    kafka_controller_port: _Port = Field(default=9093, description="Kafka's controller.")
    cassandra_port: _Port = Field(default=9042, description="Cassandra (CQL).")
    cassandra_storage_port: _Port = Field(default=7000, description="Cassandra, between nodes.")
    cassandra_jmx_port: _Port = Field(default=7199, description="Cassandra's JMX, for nodetool.")
    standin_port: _Port = Field(default=8090, description="The stand-in for the Electricity Maps API.")
    ingester_port: _Port = Field(default=8081, description="Probes and metrics of the ingester.")
    streaming_port: _Port = Field(default=9404, description="Metrics of the streaming job.")
    query_api_port: _Port = Field(default=8000, description="The query API.")

    @field_validator("zones")
    @classmethod
    def _zones_are_known(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [zone for zone in zones if zone not in load_zones()]
        if unknown:
            raise ValueError(f"not in the reference of zones: {', '.join(unknown)}")
        return zones

    @property
    def uses_standin(self) -> bool:
        """Whether the stand-in takes the place of the real API."""
        return self.electricity_maps_token is None

    @property
    def data_directory(self) -> Path:
        """All that the engines keep. Each source has its own: computed and real numbers must never mix."""
        return self.home.absolute() / "data" / ("standin" if self.uses_standin else "electricitymaps")

    @property
    def lake_directory(self) -> Path:
        """The Parquet lake that the archive makes of them."""
        return self.data_directory / "lake"

    @property
    def log_directory(self) -> Path:
        """One log file for each part."""
        return self.home.absolute() / "logs"
