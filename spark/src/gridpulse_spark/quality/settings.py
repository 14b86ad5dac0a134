"""Settings of the data quality job, from GRIDPULSE_DATA_QUALITY_* variables."""

from pydantic_settings import SettingsConfigDict

from gridpulse_spark.settings import ResultsSettings

__all__ = ["DataQualitySettings"]


class DataQualitySettings(ResultsSettings):
    """What the data quality job needs to know; the results are verdicts, and may be beside the analytics' answers."""

    model_config = SettingsConfigDict(env_prefix="GRIDPULSE_DATA_QUALITY_")
