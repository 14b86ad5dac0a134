"""Exit codes say whether a restart can help."""

from pathlib import Path

import psutil
import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession

from gridpulse_spark.analytics.settings import AnalyticsSettings
from gridpulse_spark.errors import ConfigurationError, QueryEndedError
from gridpulse_spark.program import run_program
from gridpulse_spark.quality.settings import DataQualitySettings
from gridpulse_spark.session import open_session
from gridpulse_spark.settings import ResultsSettings, StreamingSettings


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(None, 0), (QueryEndedError("ended"), 1), (RuntimeError("broken"), 1), (ConfigurationError("wrong"), 2)],
)
def test_exit_codes(error: Exception | None, exit_code: int) -> None:
    def main() -> None:
        if error is not None:
            raise error

    assert run_program(main) == exit_code


def test_missing_settings_are_wrong_settings() -> None:
    def main() -> None:
        StreamingSettings()  # pyright: ignore[reportCallIssue] - on purpose

    assert run_program(main) == 2


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(ValidationError):
        StreamingSettings.model_validate({"checkpoint_location": "x", "metrics_prot": 1})


@pytest.mark.parametrize("settings", [AnalyticsSettings, DataQualitySettings])
def test_results_inside_the_lake_are_refused(settings: type[ResultsSettings]) -> None:
    beside, inside = "gs://bucket/lake-answers", "gs://bucket/lake/answers"
    settings.model_validate({"lake_location": "gs://bucket/lake", "results_location": beside})
    with pytest.raises(ValidationError, match="is in the lake"):
        settings.model_validate({"lake_location": "gs://bucket/lake", "results_location": inside})


def test_the_password_is_not_shown() -> None:
    settings = StreamingSettings(checkpoint_location="x", cassandra_password="hush")  # pyright: ignore[reportArgumentType] # noqa: S106
    assert "hush" not in repr(settings)


def test_a_folder_without_jars_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no jar"), open_session("x", jars_dir=tmp_path, conf={}):
        pass


@pytest.mark.engines
def test_a_session_that_does_not_open_leaves_no_jvm(spark: SparkSession, spark_jars: Path) -> None:
    before = psutil.Process().children(recursive=True)
    with pytest.raises(ValueError, match="multiple SparkContexts"), open_session("x", jars_dir=spark_jars, conf={}):
        pass
    assert psutil.Process().children(recursive=True) == before
    assert spark.range(3).count() == 3
