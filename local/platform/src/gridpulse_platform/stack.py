"""The parts of the platform, wired to one another through their settings."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from gridpulse_platform.cassandra import CassandraNode
from gridpulse_platform.jars import REPOSITORY
from gridpulse_platform.kafka import KafkaBroker
from gridpulse_platform.ports import LOOPBACK
from gridpulse_platform.process import Part
from gridpulse_platform.service import Service
from gridpulse_platform.settings import PlatformSettings

__all__ = [
    "KEYSPACE",
    "REPLICATION",
    "Stack",
    "build_engines",
    "build_stack",
    "cassandra_values",
    "history_window",
    "ingester_environment",
]

KEYSPACE: Final = "power"
REPLICATION: Final[dict[str, str | int]] = {"class": "NetworkTopologyStrategy", "dc1": 1}
_STANDIN_TOKEN: Final = "standin-all"  # noqa: S105 - opens nothing but made-up numbers
_STREAMING_READY_SECONDS: Final = 120.0
_PAGE: Final = REPOSITORY / "services" / "query-api" / "web" / "dist"
_EXIT_INTERRUPTED: Final = 75  # of the backfill, when it is stopped half-way


@dataclass(frozen=True)
class Stack:
    """Every part; `standin` is None where the real API is used, `backfill` ends by itself."""

    kafka: KafkaBroker
    cassandra: CassandraNode
    standin: Service | None
    backfill: Service
    ingester: Service
    streaming: Service
    query_api: Service

    @property
    def lasting(self) -> tuple[Part, ...]:
        """The parts that run until they are stopped, in the order of the flow."""
        parts = (self.standin, self.ingester, self.kafka, self.streaming, self.cassandra, self.query_api)
        return tuple(part for part in parts if part is not None)

    @property
    def stop_order(self) -> tuple[tuple[Part, ...], ...]:
        """Sources first, stores last, so that nobody loses what it talks to; the parts of a group stop together."""
        return (
            (self.backfill, self.ingester, self.query_api),
            (self.streaming,),
            (self.kafka, self.cassandra, *((self.standin,) if self.standin else ())),
        )


def history_window(days: int) -> tuple[datetime, datetime]:
    """The last `days` days up to the current hour: start inclusive, end exclusive."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return end - timedelta(days=days), end


def build_engines(settings: PlatformSettings) -> tuple[KafkaBroker, CassandraNode]:
    """The two stores as the settings say; nothing is started."""
    data, logs = settings.data_directory, settings.log_directory
    kafka = KafkaBroker(
        data / "kafka",
        port=settings.kafka_port,
        controller_port=settings.kafka_controller_port,
        jars_home=settings.home,
        log_path=logs / "kafka.log",
    )
    cassandra = CassandraNode(
        data / "cassandra",
        port=settings.cassandra_port,
        storage_port=settings.cassandra_storage_port,
        jmx_port=settings.cassandra_jmx_port,
        jars_home=settings.home,
        log_path=logs / "cassandra.log",
    )
    return kafka, cassandra


def build_stack(
    settings: PlatformSettings, spark_jars: Path, java_home: str, window: tuple[datetime, datetime]
) -> Stack:
    """All parts as the settings say; nothing is started. `window` is what the backfill loads."""
    logs = settings.log_directory
    kafka, cassandra = build_engines(settings)
    start, end = (instant.isoformat() for instant in window)
    ingesting = ingester_environment(settings, kafka)
    return Stack(
        kafka=kafka,
        cassandra=cassandra,
        standin=_standin(settings) if settings.uses_standin else None,
        backfill=Service(
            "backfill",
            ["-m", "gridpulse_ingester", "backfill", "--start", start, "--end", end],
            logs / "backfill.log",
            environment=ingesting,
            clean_exit_codes=(0, _EXIT_INTERRUPTED),
        ),
        ingester=Service(
            "ingester",
            ["-m", "gridpulse_ingester", "run"],
            logs / "ingester.log",
            environment=ingesting,
            health_url=f"http://{LOOPBACK}:{settings.ingester_port}/readyz",
        ),
        streaming=_streaming(settings, kafka, cassandra, spark_jars, java_home),
        query_api=_query_api(settings, cassandra),
    )


def _standin(settings: PlatformSettings) -> Service:
    address = f"http://{LOOPBACK}:{settings.standin_port}"
    return Service(
        "stand-in",
        ["-m", "gridpulse_standin"],
        settings.log_directory / "standin.log",
        environment={"GRIDPULSE_STANDIN_HOST": LOOPBACK, "GRIDPULSE_STANDIN_PORT": str(settings.standin_port)},
        health_url=f"{address}/health",
    )


def ingester_environment(settings: PlatformSettings, kafka: KafkaBroker) -> dict[str, str]:
    """The settings of every command of the ingester."""
    token = settings.electricity_maps_token
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "API_TOKEN": token.get_secret_value() if token else _STANDIN_TOKEN,
        "ZONES": ",".join(settings.zones),
        "POLL_PERIOD_SECONDS": str(settings.poll_period_seconds),
        "HTTP_HOST": LOOPBACK,
        "HTTP_PORT": str(settings.ingester_port),
    }
    if settings.uses_standin:
        values |= {"API_BASE_URL": f"http://{LOOPBACK}:{settings.standin_port}", "REQUESTS_PER_SECOND": "20"}
    return {f"GRIDPULSE_INGESTER_{name}": value for name, value in values.items()}


def _streaming(
    settings: PlatformSettings, kafka: KafkaBroker, cassandra: CassandraNode, spark_jars: Path, java_home: str
) -> Service:
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        **cassandra_values(cassandra),
        "CHECKPOINT_LOCATION": str(settings.data_directory / "checkpoints"),
        "METRICS_HOST": LOOPBACK,
        "METRICS_PORT": str(settings.streaming_port),
        "JARS_DIR": str(spark_jars),
    }
    return Service(
        "streaming",
        [str(REPOSITORY / "spark" / "jobs" / "stream_to_cassandra.py")],
        settings.log_directory / "streaming.log",
        environment={
            "JAVA_HOME": java_home,
            **{f"GRIDPULSE_STREAMING_{name}": value for name, value in values.items()},
        },
        health_url=f"http://{LOOPBACK}:{settings.streaming_port}/metrics",
        ready_deadline_seconds=_STREAMING_READY_SECONDS,
        stop_deadline_seconds=40.0,
    )


def _query_api(settings: PlatformSettings, cassandra: CassandraNode) -> Service:
    values = {
        "HOST": LOOPBACK,
        "PORT": str(settings.query_api_port),
        "PAGE_DIRECTORY": str(_PAGE),
        **cassandra_values(cassandra),
    }
    if settings.uses_standin:
        values["ATTRIBUTION"] = "Computed by the stand-in of the Electricity Maps API: nobody's measurements"
    return Service(
        "query API",
        ["-m", "gridpulse_query_api"],
        settings.log_directory / "query-api.log",
        environment={f"GRIDPULSE_QUERY_API_{name}": value for name, value in values.items()},
        health_url=f"http://{LOOPBACK}:{settings.query_api_port}/readyz",
    )


def cassandra_values(cassandra: CassandraNode) -> dict[str, str]:
    """How the settings of our programs name the node."""
    return {
        "CASSANDRA_CONTACT_POINTS": cassandra.contact_points,
        "CASSANDRA_PORT": str(cassandra.port),
        "CASSANDRA_LOCAL_DATACENTER": cassandra.local_datacenter,
        "KEYSPACE": KEYSPACE,
    }
