"""Settings of the analytics, from GRIDPULSE_ANALYTICS_* variables."""

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
