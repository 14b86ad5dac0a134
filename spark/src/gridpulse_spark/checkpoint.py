"""Where a job keeps its place in Kafka, and that no two drivers do so at once."""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gridpulse_spark.errors import CheckpointBusyError

__all__ = ["checkpoint_conf", "checkpoint_path", "hold_checkpoint"]

_PAUSE_SECONDS: Final = 0.1
# Without native code, which is rarely there, Hadoop starts some fifteen processes (readlink, chmod) for the two commits
# of a batch in a local folder: a fifth of a second. These classes start two. They rename over a file that another
# driver has just written, where the default would refuse, but the lock lets no other driver in.
_LOCAL: Final = {
    "spark.sql.streaming.checkpointFileManagerClass": "org.apache.spark.sql.execution.streaming"
    ".FileSystemBasedCheckpointFileManager",
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
}


def checkpoint_path(base: str, job: str, version: str) -> str:
    """Path = base + job + version. A new version starts from Kafka's oldest messages, which is harmless but slow."""
    return f"{base.rstrip('/')}/{job}/{version}"


def checkpoint_conf(path: str) -> dict[str, str]:
    """Spark settings for keeping a checkpoint at `path`."""
    return dict(_LOCAL) if _is_local(path) else {}


@contextmanager
def hold_checkpoint(path: str, wait_seconds: float) -> Generator[tuple[int, ...]]:
    """Hold the checkpoint at `path` alone while in the context, as far as it is a local folder (it is made if missing).

    Gives the lock's file descriptor: a child that inherits it holds the lock as long as it lives. For object stores it
    gives none: there the cluster's scheduler must not run two drivers. Raises CheckpointBusyError when another process
    has held it for `wait_seconds`.
    """
    if not _is_local(path):
        yield ()
        return
    folder = Path(urlsplit(path).path)
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "driver.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _lock(descriptor, path, wait_seconds)
        yield (descriptor,)
    finally:
        os.close(descriptor)


def _is_local(path: str) -> bool:
    return urlsplit(path).scheme in ("", "file")


def _lock(descriptor: int, path: str, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise CheckpointBusyError(f"Another driver has held {path} for {wait_seconds:.0f} s.") from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return
