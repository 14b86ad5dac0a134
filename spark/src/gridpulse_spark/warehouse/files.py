"""The files of a staging folder, wherever it is: Hadoop's file systems, configured as Spark's own writes are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyspark.sql import SparkSession

from gridpulse_spark.java import java_errors
from gridpulse_spark.warehouse.errors import WarehouseError

__all__ = ["StageFolder", "StagedFile"]


@dataclass(frozen=True)
class StagedFile:
    """One file: its whole path, size, and the SHA-256 of its bytes."""

    uri: str
    size_bytes: int
    sha256: str


class StageFolder:
    """One folder. Raises WarehouseError with the path and the reason where it can't be used."""

    def __init__(self, session: SparkSession, uri: str) -> None:
        gateway: Any = session
        context: Any = session.sparkContext
        self._uri: Final = uri
        self._jvm: Any = gateway._jvm
        self._path: Any = self._jvm.org.apache.hadoop.fs.Path
        self._system: Any = self._call(self._path(uri).getFileSystem, context._jsc.hadoopConfiguration())

    def parquet_files(self) -> Sequence[StagedFile]:
        """What Spark has written, sorted by name."""
        found: list[Any] = list(self._call(self._system.listStatus, self._path(self._uri)))
        files = [status for status in found if str(status.getPath().getName()).endswith(".parquet")]
        files.sort(key=lambda status: str(status.getPath().getName()))
        return [
            StagedFile(str(status.getPath()), int(status.getLen()), self._sha256(status.getPath())) for status in files
        ]

    def write(self, name: str, text: str) -> None:
        """Write a text file."""
        stream = self._call(self._system.create, self._path(f"{self._uri}/{name}"), True)
        try:
            self._call(stream.write, bytearray(text.encode()))
        finally:
            self._call(stream.close)

    def delete(self) -> None:
        """Delete the folder with all that is in it."""
        self._call(self._system.delete, self._path(self._uri), True)

    def _sha256(self, path: Any) -> str:
        stream = self._call(self._system.open, path)
        try:
            return str(self._call(self._jvm.org.apache.commons.codec.digest.DigestUtils.sha256Hex, stream))
        finally:
            stream.close()

    def _call(self, method: Any, *arguments: Any) -> Any:
        with java_errors(WarehouseError, f"The staging folder {self._uri} can't be used"):
            return method(*arguments)
