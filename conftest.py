"""What all tests share: how their JVMs compile, and the one Spark session that PySpark allows a process."""

import os
from collections.abc import Generator
from contextlib import ExitStack, suppress
from typing import Final

import pytest
from pyspark.sql import SparkSession

from gridpulse_platform import ensure_jars
from gridpulse_platform.class_data import ONE_COMPILER, quicken_java
from gridpulse_platform.errors import PlatformError
from gridpulse_spark.kafka import READ_ONCE_CONF
from gridpulse_spark.session import open_session

CONF: Final = {
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",  # there is nothing to adapt one partition to; the jobs' own tests have it
    **READ_ONCE_CONF,
}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tests' JVMs start as those of `make run`: jobs take half of the time."""
    if any(map(_starts_engines, session.items)):
        with suppress(PlatformError):  # the tests that need the jars say so; the others need none
            quicken_java(ensure_jars("spark"))


def _starts_engines(item: pytest.Item) -> bool:
    return item.get_closest_marker("engines") is not None or _uses_spark(item)


def _uses_spark(item: pytest.Item) -> bool:
    return "spark" in getattr(item, "fixturenames", ())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PySpark leaves the sockets that it collects rows through to the garbage collector, in whichever test is next."""
    users = (index for index, item in enumerate(items) if _uses_spark(item))
    for item in items[next(users, len(items)) :]:
        item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))


@pytest.fixture(scope="session")
def spark() -> Generator[SparkSession]:
    """A local session with the jars that the jobs have. Its JVM lives for minutes, so it has both compilers."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            options = os.environ.get("JDK_JAVA_OPTIONS", "")
            environment.setenv("JDK_JAVA_OPTIONS", options.replace(ONE_COMPILER, ""))
            session = stack.enter_context(open_session("tests", jars_dir=ensure_jars("spark"), conf=CONF))
        yield session
