"""Files in a folder or an object store: Hadoop's file systems, configured as Spark's own reads and writes are."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from pyspark.sql import SparkSession

from gridpulse_spark.errors import SparkJobError
from gridpulse_spark.java import java_errors

__all__ = ["Files"]

_ATTEMPTS: Final = 5


class Files:
    """Files below `root` (a folder, or a URI such as gs://bucket/lake); paths are relative to it.

    What can't be read or written raises `error` with the root and the reason.
    """

    error: ClassVar[type[SparkJobError]]
    kind: ClassVar[str]
    """What the root is, for the error's sentence."""

    def __init__(self, session: SparkSession, root: str) -> None:
        self.root: Final = root.rstrip("/")
        gateway: Any = session
        context: Any = session.sparkContext
        self._jvm: Any = gateway._jvm
        self._path: Any = self._jvm.org.apache.hadoop.fs.Path
        self._system: Any = self._call(self._path(self.root).getFileSystem, context._jsc.hadoopConfiguration())

    def uri(self, path: str) -> str:
        """The whole path."""
        return f"{self.root}/{path}" if path else self.root

    def size_bytes(self, path: str) -> int | None:
        """Of a file; None where there is none."""
        target = self._at(path)
        if not self._call(self._system.exists, target):
            return None
        return int(self._call(self._system.getFileStatus, target).getLen())

    def sizes_bytes(self, pattern: str) -> dict[str, int]:
        """Path -> size of every file that matches a glob pattern, in few requests."""
        found: list[Any] = list(self._call(self._system.globStatus, self._at(pattern)) or [])
        depth = pattern.count("/") + 1
        return {"/".join(str(status.getPath()).split("/")[-depth:]): int(status.getLen()) for status in found}

    def names(self, folder: str) -> list[str]:
        """What is in a folder, sorted; empty where there is none."""
        return sorted(self.times(folder))

    def times(self, folder: str) -> dict[str, datetime]:
        """Name -> last change of what is in a folder; empty where there is none."""
        target = self._at(folder)
        if not self._call(self._system.exists, target):
            return {}
        return {
            str(status.getPath().getName()): datetime.fromtimestamp(status.getModificationTime() / 1000, UTC)
            for status in self._call(self._system.listStatus, target)
        }

    def read(self, path: str) -> str:
        """A text file."""
        stream = self._call(self._system.open, self._at(path))
        try:
            return bytes(self._call(self._jvm.org.apache.hadoop.io.IOUtils.readFullyToByteArray, stream)).decode()
        finally:
            stream.close()

    def sha256(self, path: str) -> str:
        """Of the bytes of a file, in hexadecimal digits."""
        stream = self._call(self._system.open, self._at(path))
        try:
            return str(self._call(self._jvm.org.apache.commons.codec.digest.DigestUtils.sha256Hex, stream))
        finally:
            stream.close()

    def write(self, path: str, text: str) -> None:
        """Write a text file; it appears whole or not at all on an object store, and may be cut short in a folder."""
        stream = self._call(self._system.create, self._at(path), True)
        try:
            self._call(stream.write, bytearray(text.encode()))
        finally:
            self._call(stream.close)

    def place(self, source: str, target: str) -> bool:
        """Rename a file to where none is; False, and nothing has changed, where there is one."""
        self._call(self._system.mkdirs, self._at(target).getParent())
        return bool(self._call(self._system.rename, self._at(source), self._at(target)))

    def move(self, source: str, target: str) -> None:
        """Rename a file into place, over a file of that name if there is one; for a moment there is none then."""
        for _ in range(_ATTEMPTS):  # others who do the same at once get in between
            if self.place(source, target):
                return
            self.delete(target)
        raise self.error(f"{self.uri(source)} could not be renamed to {self.uri(target)}.")

    def delete(self, path: str) -> None:
        """Delete a file or a whole folder; what is not there is fine."""
        self._call(self._system.delete, self._at(path), True)

    def _at(self, path: str) -> Any:
        return self._path(self.uri(path))

    def _call(self, method: Any, *arguments: Any) -> Any:
        with java_errors(self.error, f"{self.kind} {self.root} can't be used"):
            return method(*arguments)
