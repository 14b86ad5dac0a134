"""The platform's folder: one run at a time holds it, and its data can be wiped."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Generator
from pathlib import Path

from gridpulse_platform.errors import AlreadyRunningError

__all__ = ["hold_home", "wipe"]


@contextlib.contextmanager
def hold_home(home: Path, *, serves: Path | None = None) -> Generator[None]:
    """Hold `home` for as long as the block lasts; the lock ends with this process, however that ends.

    `serves` is the folder of data whose engines others may use meanwhile. Raises AlreadyRunningError naming the process
    that holds it, and what that one serves.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / "run.lock"
    with path.open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder, _, served = lock.read().strip().partition("\n")
            raise AlreadyRunningError(
                f"The platform runs already in {home} (process {holder or 'unknown'}). Stop that one with Ctrl-C, or "
                "choose another folder with GRIDPULSE_PLATFORM_HOME and other ports.",
                serves=Path(served) if served else None,
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n{serves or ''}")
        lock.flush()
        yield


def wipe(home: Path) -> None:
    """Remove all data and logs, and keep the jars. Raises AlreadyRunningError while a run holds the folder."""
    with hold_home(home):
        for name in ("data", "logs"):
            shutil.rmtree(home / name, ignore_errors=True)
