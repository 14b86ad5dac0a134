"""A Cassandra node with its data in a folder, on loopback."""

import socket
import subprocess
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from gridpulse_platform.errors import PlatformError
from gridpulse_platform.jars import DEFAULT_HOME, ensure_jars
from gridpulse_platform.ports import LOOPBACK, free_port
from gridpulse_platform.process import JVM_STOPPED, Part

__all__ = ["CassandraNode", "CommitLogSync"]

CommitLogSync = Literal["batch", "group", "periodic"]

_TOOL_TIMEOUT_SECONDS: Final = 120
_ANSWER_TIMEOUT_SECONDS: Final = 2.0
# A frame of the native protocol, version 4: OPTIONS (0x05) without a body; the answer is SUPPORTED (0x06).
_OPTIONS_FRAME: Final = bytes((0x04, 0, 0, 0, 0x05, 0, 0, 0, 0))
_SUPPORTED: Final = 0x06


class CassandraNode(Part):
    """One node of data centre `dc1`, bound to loopback throughout. Port 0 means: choose a free one, and keep it.

    Acknowledged writes survive SIGKILL. With `commitlog_sync: periodic`, Cassandra's default, they would not: the
    segments are memory-mapped and so outlive the process, but a replay reads only up to the last sync marker, and
    markers are written every 100 ms (CASSANDRA-13987). A cluster has replicas for that; one node has not. `batch`
    acknowledges a write after the sync that covers it.

    Without `flush_schema` a change of the schema is in the commit log alone until `nodetool flush system_schema`, which
    is twice as fast. A replay knows no table that is only there: what SIGKILL leaves of such tables is lost.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int = 0,
        storage_port: int = 0,
        jmx_port: int = 0,
        heap_mb: int = 512,
        commitlog_sync: CommitLogSync = "batch",
        flush_schema: bool = True,
        jars_home: Path = DEFAULT_HOME,
        log_path: Path | None = None,
    ) -> None:
        super().__init__(
            "cassandra",
            log_path or home / "cassandra.log",
            ready_deadline_seconds=120.0,
            clean_exit_codes=JVM_STOPPED,
        )
        self.home = home.absolute()
        self.port = port or free_port()
        self.storage_port = storage_port or free_port()
        self.jmx_port = jmx_port or free_port()
        self._heap_mb = heap_mb
        self._commitlog_sync: CommitLogSync = commitlog_sync
        self._flush_schema = flush_schema
        self._jars_home = jars_home
        self._jars = Path()

    @property
    def contact_points(self) -> str:
        """The host for clients; its port is `port`, its data centre `local_datacenter`."""
        return LOOPBACK

    @property
    def local_datacenter(self) -> str:
        """Name of the one data centre."""
        return "dc1"

    @property
    def data_directory(self) -> Path:
        """Where its tables' files are: `<keyspace>/<table>-<id>/`."""
        return self.home / "data"

    def nodetool(self, *arguments: str) -> str:
        """What `nodetool` prints, for example `nodetool("flush", "power")`. Raises PlatformError where it fails."""
        return self.tool("org.apache.cassandra.tools.NodeTool", "-h", LOOPBACK, "-p", str(self.jmx_port), *arguments)

    def tool(self, main_class: str, *arguments: str) -> str:
        """What one of Cassandra's own tools prints, for example `org.apache.cassandra.tools.SSTableMetadataViewer`.

        Raises PlatformError where it fails.
        """
        jars = ensure_jars("cassandra", home=self._jars_home)
        command = [
            "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", *_required_options(),
            f"-Dcassandra.config=file://{self._conf / 'cassandra.yaml'}", f"-Dcassandra.storagedir={self.home}",
            f"-Dlogback.configurationFile={self._conf / 'logback-tools.xml'}",
            "-cp", f"{self._conf}:{jars}/*", main_class, *arguments,
        ]  # fmt: skip
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, check=False, capture_output=True, text=True, timeout=_TOOL_TIMEOUT_SECONDS
        )
        if done.returncode != 0:
            raise PlatformError(f"{main_class} {' '.join(arguments)} failed: {done.stdout}{done.stderr}")
        return done.stdout

    @property
    def _conf(self) -> Path:
        return self.home / "conf"

    def _ports(self) -> Sequence[int]:
        return (self.port, self.storage_port, self.jmx_port)

    def _prepare(self) -> None:
        self._conf.mkdir(parents=True, exist_ok=True)
        self._jars = ensure_jars("cassandra", home=self._jars_home)
        (self._conf / "cassandra.yaml").write_text(yaml.safe_dump(self._settings()), encoding="utf-8")
        (self._conf / "cassandra-rackdc.properties").write_text("dc=dc1\nrack=rack1\n", encoding="utf-8")
        logback = resources.files("gridpulse_platform").joinpath("cassandra.logback.xml").read_text(encoding="utf-8")
        (self._conf / "logback.xml").write_text(logback, encoding="utf-8")
        quiet = logback.replace('level="INFO"', 'level="OFF"')
        (self._conf / "logback-tools.xml").write_text(quiet, encoding="utf-8")

    def _settings(self) -> dict[str, Any]:
        sync: dict[str, Any] = {"commitlog_sync": self._commitlog_sync}
        if self._commitlog_sync == "periodic":
            sync["commitlog_sync_period"] = "10s"
        if self._commitlog_sync == "group":
            sync["commitlog_sync_group_window"] = "10ms"
        folders = {
            "data_file_directories": [str(self.data_directory)],
            "commitlog_directory": str(self.home / "commitlog"),
            "hints_directory": str(self.home / "hints"),
            "saved_caches_directory": str(self.home / "saved_caches"),
            "cdc_raw_directory": str(self.home / "cdc_raw"),
        }
        sizes = {
            "commitlog_segment_size": "8MiB",
            "commitlog_total_space": "256MiB",
            "memtable_heap_space": "128MiB",
            "memtable_offheap_space": "64MiB",
            "file_cache_size": "32MiB",
            "concurrent_reads": 8,
            "concurrent_writes": 64,  # each waits for the sync that covers its write
        }
        seeds = f"{LOOPBACK}:{self.storage_port}"
        return {
            "cluster_name": "gridpulse-local",
            "num_tokens": 4,
            "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
            "endpoint_snitch": "GossipingPropertyFileSnitch",
            "listen_address": LOOPBACK,
            "rpc_address": LOOPBACK,
            "native_transport_port": self.port,
            "storage_port": self.storage_port,
            "seed_provider": [
                {"class_name": "org.apache.cassandra.locator.SimpleSeedProvider", "parameters": [{"seeds": seeds}]}
            ],
            "disk_failure_policy": "die",
            "commit_failure_policy": "die",
            **sync,
            **folders,
            **sizes,
        }

    def _command(self) -> Sequence[str]:
        agent = next(self._jars.glob("jamm-*.jar"))
        return [
            "java", f"-javaagent:{agent}", f"-Xms{self._heap_mb}m", f"-Xmx{self._heap_mb}m", "-Xss512k",
            "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=256m", "-XX:+PerfDisableSharedMem",
            "-Djava.net.preferIPv4Stack=true", *_required_options(),
            f"-Dcassandra.config=file://{self._conf / 'cassandra.yaml'}",
            f"-Dlogback.configurationFile={self._conf / 'logback.xml'}",
            f"-Dcassandra.logdir={self.home / 'logs'}", f"-Dcassandra.storagedir={self.home}",
            "-Dcassandra-foreground=yes", f"-Dcassandra.jmx.local.port={self.jmx_port}",
            # Alone, a node has nobody to gossip with.
            "-Dcassandra.ring_delay_ms=1000", "-Dcassandra.skip_wait_for_gossip_to_settle=0",
            "-Dcassandra.shutdown_announce_in_ms=0",
            f"-Dcassandra.test.flush_local_schema_changes={str(self._flush_schema).lower()}",
            "-cp", f"{self._conf}:{self._jars}/*", "org.apache.cassandra.service.CassandraDaemon",
        ]  # fmt: skip

    def _connect(self) -> socket.socket:
        return socket.create_connection((LOOPBACK, self.port), timeout=_ANSWER_TIMEOUT_SECONDS)

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            with self._connect() as connection:
                connection.sendall(_OPTIONS_FRAME)
                answer = connection.recv(9)
        except OSError:
            return False
        return len(answer) > 4 and answer[4] == _SUPPORTED


def _required_options() -> list[str]:
    """What Cassandra 5.0 needs of Java 17, from its own jvm17-server.options."""
    text = resources.files("gridpulse_platform").joinpath("cassandra.jvm17.options").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
