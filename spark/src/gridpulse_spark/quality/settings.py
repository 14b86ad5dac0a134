"""Settings of the data quality job, from GRIDPULSE_DATA_QUALITY_* variables."""

from pydantic_settings import SettingsConfigDict

from gridpulse_spark.settings import BatchSettings, CassandraSettings

__all__ = ["DataQualitySettings"]


class DataQualitySettings(CassandraSettings, BatchSettings):
    """What the data quality job needs to know."""

    model_config = SettingsConfigDict(env_prefix="GRIDPULSE_DATA_QUALITY_")

    lake_location: str
    """Folder or URI (gs://bucket/folder) of the lake."""
    results_location: str
    """Folder or URI of the verdicts, which may be that of the analytics' answers; not inside the lake."""
    keyspace: str = "power"
