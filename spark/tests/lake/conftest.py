"""A broker for each module, whose hours are made up, and a lake for each test."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from pyspark.sql import SparkSession

from gridpulse_platform import KafkaBroker
from gridpulse_spark.lake.archive import Archive
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.kafka_log import open_kafka_log
from gridpulse_spark.lake.manifest import Manifest
from harness.appending import create_trusting_topics

HOUR: Final = timedelta(hours=1)


@pytest.fixture(scope="module")
def first_hour() -> datetime:
    """Yesterday, so that Kafka's retention keeps it."""
    return datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=1)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Generator[KafkaBroker]:
    """A log that believes its producers."""
    with _trusting_broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def log_to_change(tmp_path: Path) -> Generator[KafkaBroker]:
    """Another one, of the test alone."""
    with _trusting_broker(tmp_path / "kafka") as broker:
        yield broker


@contextmanager
def _trusting_broker(home: Path) -> Generator[KafkaBroker]:
    with KafkaBroker(home) as broker:
        create_trusting_topics(broker.bootstrap_servers)
        yield broker


@pytest.fixture
def files(spark: SparkSession, tmp_path: Path) -> LakeFiles:
    """Of a lake that is not there yet."""
    return LakeFiles(spark, str(tmp_path / "lake"))


@pytest.fixture
def archive(spark: SparkSession, log: KafkaBroker, files: LakeFiles) -> Callable[..., list[Manifest]]:
    """`archive(through)` or `archive(through, log)` archives everything up to an hour."""

    def run(through: datetime, log: KafkaBroker = log) -> list[Manifest]:
        options = {"kafka.bootstrap.servers": log.bootstrap_servers}
        with open_kafka_log(spark, options) as opened:
            return list(Archive(spark, files, opened, options).run(through))

    return run
