"""The checks at the end of scheduled runs, on what real runs have stored: each notices what is missing or differs."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from pyspark.sql import SparkSession

from gridpulse_spark.analytics.answering import answer_questions
from gridpulse_spark.analytics.questions import QUESTIONS
from gridpulse_spark.analytics.window import Window
from gridpulse_spark.checks.analytics import check_analytics
from gridpulse_spark.checks.quality import check_verdicts
from gridpulse_spark.errors import CheckFailedError
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.quality.reporting import DataQualityMetrics, report_day

from .conftest import HOUR, SQL_DIR, Lake, Made, made, make_keyspace, utc

pytestmark = [pytest.mark.engines, pytest.mark.slow]

KEYSPACE: Final = "checks"
MIDNIGHT: Final = utc(2026, 6, 10)
DAY: Final = date(2026, 6, 10)
WINDOW: Final = Window(DAY, DAY + timedelta(days=1))
LATEST_OF_ALL_US: Final = 10**18


@pytest.fixture(scope="module")
def store(spark: SparkSession, session: Any) -> Any:
    """Tables of their own."""
    make_keyspace(spark, session, KEYSPACE)
    return session


def hours(zone: str) -> list[Made]:
    return [made(zone, MIDNIGHT + hour * HOUR, prod_wind_mw=hour, production_total_mw=hour) for hour in range(24)]


def test_answers_are_compared_with_the_lake_and_with_cassandra(
    spark: SparkSession, store: Any, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridpulse_spark.analytics.answering.QUESTIONS", QUESTIONS[:1])  # all that the check reads
    files = LakeFiles(spark, str(tmp_path / "results"))
    lake(hours("DE"))
    with pytest.raises(CheckFailedError, match="DE has rows of 2026-06-10, but no answer"):
        check_analytics(spark, files, WINDOW, KEYSPACE)
    answer_questions(spark, files, SQL_DIR, WINDOW, KEYSPACE)
    assert check_analytics(spark, files, WINDOW, KEYSPACE) > 20
    assert check_analytics(spark, files, Window(DAY + timedelta(days=1), DAY + timedelta(days=2)), KEYSPACE) == 0

    store.execute(
        "UPDATE checks.power_daily USING TIMESTAMP %s SET energy_mwh = 1.5 WHERE zone = 'DE' AND calendar = 'utc' "
        "AND year = 2026 AND day = '2026-06-10' AND flow = 'production' AND mode = 'wind'",
        (LATEST_OF_ALL_US,),
    )
    with pytest.raises(CheckFailedError, match=r"^DE utc 2026-06-10 production wind: .*276\.0.*1\.5"):
        check_analytics(spark, files, WINDOW, KEYSPACE)
    store.execute(
        "DELETE FROM checks.power_daily USING TIMESTAMP %s WHERE zone = 'DE' AND calendar = 'utc' AND year = 2026 "
        "AND day = '2026-06-10' AND flow = 'production'",
        (LATEST_OF_ALL_US,),
    )
    with pytest.raises(CheckFailedError, match=r"DE utc 2026-06-10 production total: .* None in checks\.power_daily"):
        check_analytics(spark, files, WINDOW, KEYSPACE)

    lake([*hours("DE"), *hours("FR")])
    with pytest.raises(CheckFailedError, match="FR has rows of 2026-06-10, but no answer"):
        check_analytics(spark, files, WINDOW, KEYSPACE)


def test_a_zone_without_its_verdicts_is_named(spark: SparkSession, store: Any, lake: Lake, tmp_path: Path) -> None:
    lake(hours("DE"))
    report_day(spark, LakeFiles(spark, str(tmp_path)), DAY, KEYSPACE, DataQualityMetrics())
    assert check_verdicts(spark, DAY, KEYSPACE) == 1
    lake([*hours("DE"), *hours("FR")])
    with pytest.raises(CheckFailedError, match=r"^FR has 0 verdicts on 2026-06-10 in checks\.data_quality"):
        check_verdicts(spark, DAY, KEYSPACE)
    store.execute(
        "DELETE FROM checks.data_quality USING TIMESTAMP %s WHERE zone = 'DE' AND year = 2026 AND day = '2026-06-10' "
        "AND rule = 'gaps'",
        (LATEST_OF_ALL_US,),
    )
    with pytest.raises(CheckFailedError, match=r"DE has 8 verdicts on .* in place of 9\."):
        check_verdicts(spark, DAY, KEYSPACE)
