"""Settings of the analytics, from GRIDPULSE_ANALYTICS_* variables."""

from pydantic_settings import SettingsConfigDict

from gridpulse_spark.settings import ResultsSettings

__all__ = ["AnalyticsSettings"]


class AnalyticsSettings(ResultsSettings):
    """What the analytics need to know; the results are the answers."""

    model_config = SettingsConfigDict(env_prefix="GRIDPULSE_ANALYTICS_")
