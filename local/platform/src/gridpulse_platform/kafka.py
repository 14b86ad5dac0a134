"""A Kafka broker (KRaft, broker and controller in one process) and the contract's topics on it."""

import asyncio
import base64
import subprocess
import uuid
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

from gridpulse_platform.errors import PartFailedError
from gridpulse_platform.jars import DEFAULT_HOME, ensure_jars
from gridpulse_platform.ports import LOOPBACK, free_port, is_free
from gridpulse_platform.process import JVM_STOPPED, Part
from gridpulse_platform.topics import apply_topics, broker_count

__all__ = ["KafkaBroker", "create_topics"]

T = TypeVar("T")
_FORMAT_TIMEOUT_SECONDS: Final = 60
_CREATE_TIMEOUT_SECONDS: Final = 60


class KafkaBroker(Part):
    """One broker with its data in `home`, on loopback. Port 0 means: choose a free one, and keep it.

    Acknowledged records survive SIGKILL: they are in the operating system's page cache by then.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int = 0,
        controller_port: int = 0,
        heap_mb: int = 384,
        jars_home: Path = DEFAULT_HOME,
        log_path: Path | None = None,
    ) -> None:
        super().__init__("kafka", log_path or home / "kafka.log", clean_exit_codes=JVM_STOPPED)
        self.home = home.absolute()
        self.port = port or free_port()
        self._controller_port = controller_port or free_port()
        self._heap_mb = heap_mb
        self._jars_home = jars_home
        self._class_path = ""

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def _config_path(self) -> Path:
        return self.home / "server.properties"

    def _ports(self) -> Sequence[int]:
        return (self.port, self._controller_port)

    def _prepare(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self._class_path = f"{ensure_jars('kafka', home=self._jars_home)}/*"
        properties = self._properties()
        self._config_path.write_text("".join(f"{key}={value}\n" for key, value in properties.items()), encoding="utf-8")
        source = resources.files("gridpulse_platform").joinpath("kafka.log4j2.properties")
        (self.home / "log4j2.properties").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        if not (self.home / "data" / "meta.properties").is_file():
            self._format()

    def _properties(self) -> dict[str, str | int]:
        internal_topics = {
            "offsets.topic.num.partitions": 3,
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.num.partitions": 3,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 3,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
        }
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{LOOPBACK}:{self._controller_port}",
            "listeners": f"PLAINTEXT://{self.bootstrap_servers},CONTROLLER://{LOOPBACK}:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap_servers}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self.home / "data"),
            "auto.create.topics.enable": "false",  # topics come from the contract; a typing error must not make one
            "group.initial.rebalance.delay.ms": 0,
            "log.segment.bytes": 64 * 1024 * 1024,
            # After a SIGKILL, a broker may register again only when its old session has ended.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            **internal_topics,
        }

    def _format_options(self) -> Sequence[str]:
        """More for Kafka's tool that formats the storage, for example its first users."""
        return ()

    def _format(self) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = [
            *self._java("-XX:TieredStopAtLevel=1", "-Xmx256m"),
            "kafka.tools.StorageTool", "format", "--ignore-formatted",
            f"--cluster-id={cluster_id}", "-c", str(self._config_path),  # joined: an id may begin with a hyphen
            *self._format_options(),
        ]  # fmt: skip
        with self.log_path.open("ab") as log:
            done = subprocess.run(  # noqa: S603 - a fixed command
                command,
                check=False,
                timeout=_FORMAT_TIMEOUT_SECONDS,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C must not leave it half done
            )
        if done.returncode != 0:
            raise PartFailedError(self.name, "could not format its storage", self.log_path, self.log_tail())

    def _java(self, *options: str) -> list[str]:
        return [
            "java", *options, "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true",
            f"-Dlog4j2.configurationFile={self.home / 'log4j2.properties'}", "-cp", self._class_path,
        ]  # fmt: skip

    def _command(self) -> Sequence[str]:
        return [*self._java("-Xms128m", f"-Xmx{self._heap_mb}m"), "kafka.Kafka", str(self._config_path)]

    def is_ready(self) -> bool:
        """Whether it answers."""
        # Asked only where something listens: the client logs every refused connection as an error.
        return not is_free(self.port) and _run(broker_count(self.bootstrap_servers)) > 0


def create_topics(bootstrap_servers: str) -> tuple[str, ...]:
    """Create the contract's topics, and set the configuration of those that exist to what the contract says.

    Replication is capped to the number of brokers, and `min.insync.replicas` to leave one of them free to fail.
    Idempotent; returns the names of the topics that were created or changed. Raises aiokafka's KafkaError.
    """
    return _run(asyncio.wait_for(apply_topics(bootstrap_servers), _CREATE_TIMEOUT_SECONDS))


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to completion in a loop of its own, also where the caller's thread has a running loop already."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()
