"""pytest plugin, registered by this package's entry point: real engines as fixtures, and waiting with a deadline.

The engines start when a test first asks for them, on free ports, with their data in a temporary folder, and live for
the session. A test that kills one starts it again before it ends.
"""

from collections.abc import Generator
from pathlib import Path

import pytest

from gridpulse_platform.bigquery import BigQueryStandIn, ensure_bigquery
from gridpulse_platform.cassandra import CassandraNode
from gridpulse_platform.errors import PreflightError
from gridpulse_platform.gotools import ensure_crane, ensure_skaffold
from gridpulse_platform.helm import ensure_helm
from gridpulse_platform.jars import ensure_jars
from gridpulse_platform.kafka import KafkaBroker
from gridpulse_platform.prometheus import PrometheusTool, ensure_prometheus
from gridpulse_platform.waiting import wait_until, wait_until_async

__all__ = ["wait_until", "wait_until_async"]


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Generator[KafkaBroker]:
    """A running broker without topics; `create_topics(kafka.bootstrap_servers)` makes the contract's."""
    with KafkaBroker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def cassandra(tmp_path_factory: pytest.TempPathFactory) -> Generator[CassandraNode]:
    """A running node without our keyspace; `gridpulse_schema.migrate` makes it.

    Dozens of keyspaces are made in it: who kills it must have `nodetool("flush", "system_schema")` done before.
    """
    with CassandraNode(tmp_path_factory.mktemp("cassandra"), flush_schema=False) as node:
        yield node


@pytest.fixture(scope="session")
def bigquery(tmp_path_factory: pytest.TempPathFactory) -> Generator[BigQueryStandIn]:
    """A running stand-in for BigQuery without tables. The test is skipped where there is no Python 3.13."""
    try:
        ensure_bigquery()
    except PreflightError as error:
        pytest.skip(str(error))
    with BigQueryStandIn(tmp_path_factory.mktemp("bigquery")) as standin:
        yield standin


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus' checker of rules. The test is skipped where this user can't fetch it."""
    return _prometheus("promtool")


@pytest.fixture(scope="session")
def prometheus_program() -> Path:
    """Prometheus itself, in the same way."""
    return _prometheus("prometheus")


@pytest.fixture(scope="session")
def pushgateway_program() -> Path:
    """The gateway to which batch jobs push, in the same way."""
    return _prometheus("prometheus-pushgateway")


def _prometheus(tool: PrometheusTool) -> Path:
    try:
        return ensure_prometheus(tool)
    except PreflightError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def helm() -> Path:
    """Helm 3. Where it can't be fetched the test fails and says what to install."""
    return ensure_helm()


@pytest.fixture(scope="session")
def skaffold() -> Path:
    """Skaffold. Where it can't be had, nor Go to build it (minutes), the test fails and says what to install."""
    return ensure_skaffold()


@pytest.fixture(scope="session")
def crane() -> Path:
    """A registry of images and its client, as `skaffold`."""
    return ensure_crane()


@pytest.fixture(scope="session")
def spark_jars() -> Path:
    """The folder of the jars for `spark.jars`."""
    return ensure_jars("spark")
