"""Settings of the analytics, from GRIDPULSE_ANALYTICS_* variables."""

from typing import Self

from pydantic import model_validator
from pydantic_settings import SettingsConfigDict

from gridpulse_spark.settings import BatchSettings, CassandraSettings

__all__ = ["AnalyticsSettings"]


class AnalyticsSettings(CassandraSettings, BatchSettings):
    """What the analytics need to know."""

    model_config = SettingsConfigDict(env_prefix="GRIDPULSE_ANALYTICS_")

    lake_location: str
    """Folder or URI (gs://bucket/folder) of the lake."""
    results_location: str
    """Folder or URI of the answers; not inside the lake."""
    keyspace: str = "power"

    @model_validator(mode="after")
    def _results_are_not_in_the_lake(self) -> Self:
        lake, results = (f"{location.rstrip('/')}/" for location in (self.lake_location, self.results_location))
        if results.startswith(lake):
            raise ValueError(f"the results' location {self.results_location} is in the lake {self.lake_location}")
        return self
