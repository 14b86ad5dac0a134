"""One local Spark session for all tests of this part."""

from collections.abc import Generator
from typing import Final

import pytest
from pyspark.sql import SparkSession

from gridpulse_spark.session import open_session

CONF: Final = {
    "spark.master": "local[2]",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": "1",
}


@pytest.fixture(scope="session")
def spark() -> Generator[SparkSession]:
    """A local session without any of the platform's jars."""
    with open_session("tests", jars_dir=None, conf=CONF) as session:
        yield session
