"""The whole platform on one machine, from packages: provisioning, engines, and the command behind `make run`.

    with KafkaBroker(folder) as kafka, CassandraNode(other_folder) as cassandra:  # on free ports of loopback
        create_topics(kafka.bootstrap_servers)
        kafka.kill()   # SIGKILL to the process group
        kafka.start()  # same data, same address; returns when it answers

`Service` runs our own programs the same way; `gridpulse_platform.testing` has pytest fixtures.
"""

from gridpulse_platform.bigquery import BigQueryStandIn
from gridpulse_platform.cassandra import CassandraNode
from gridpulse_platform.errors import (
    AlreadyRunningError,
    PartFailedError,
    PlatformError,
    PreflightError,
    ProvisionError,
)
from gridpulse_platform.jars import ensure_jars
from gridpulse_platform.kafka import KafkaBroker, create_topics
from gridpulse_platform.ports import free_port
from gridpulse_platform.process import Part
from gridpulse_platform.service import Service
from gridpulse_platform.waiting import wait_until, wait_until_async

__all__ = [
    "AlreadyRunningError",
    "BigQueryStandIn",
    "CassandraNode",
    "KafkaBroker",
    "Part",
    "PartFailedError",
    "PlatformError",
    "PreflightError",
    "ProvisionError",
    "Service",
    "create_topics",
    "ensure_jars",
    "free_port",
    "wait_until",
    "wait_until_async",
]
