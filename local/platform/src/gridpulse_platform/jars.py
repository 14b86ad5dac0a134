"""Fetches the jars of Kafka, Cassandra and Spark by Maven, once per version.

Versions are pinned in the poms: `kafka.pom.xml` and `cassandra.pom.xml` beside this file, `spark/pom.xml` for Spark.
"""

import contextlib
import fcntl
import hashlib
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final, Literal

from gridpulse_platform.errors import ProvisionError

__all__ = ["DEFAULT_HOME", "REPOSITORY", "JarSet", "ensure_jars", "fetch_jars", "locked"]

REPOSITORY: Final = Path(__file__).resolve().parents[4]
DEFAULT_HOME: Final = REPOSITORY / ".gridpulse"

JarSet = Literal["kafka", "cassandra", "spark"]

_POMS: Final[dict[JarSet, Path]] = {
    "kafka": Path(__file__).parent / "kafka.pom.xml",
    "cassandra": Path(__file__).parent / "cassandra.pom.xml",
    "spark": REPOSITORY / "spark" / "pom.xml",
}
_FETCH_TIMEOUT_SECONDS: Final = 900.0
_PAUSE_SECONDS: Final = 0.2


def _ignore(_: str) -> None: ...


def ensure_jars(name: JarSet, *, home: Path = DEFAULT_HOME, progress: Callable[[str], None] = _ignore) -> Path:
    """The folder of all jars of `name`, fetched by Maven if this version of them is not there yet.

    `progress` is called with the name of each file that is downloaded; Maven keeps them for the next time.
    Raises ProvisionError.
    """
    return fetch_jars(name, _POMS[name], home=home, progress=progress)


def fetch_jars(name: str, pom: Path, *, home: Path, progress: Callable[[str], None] = _ignore) -> Path:
    """Copy the run-time dependencies of `pom` to `<home>/jars/<name>-<hash of the pom>` and return that folder.

    The folder appears whole or not at all, and processes that ask at the same time wait for the first one.
    Raises ProvisionError.
    """
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    folder = home.absolute() / "jars" / f"{name}-{digest}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_suffix(".lock")):
        if not folder.is_dir():
            _fetch(pom, folder, progress)
    return folder


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the file `path` alone. Raises ProvisionError when another process has held it for too long."""
    deadline = time.monotonic() + _FETCH_TIMEOUT_SECONDS
    with path.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ProvisionError(f"Another process has held {path} for too long.") from None
                time.sleep(_PAUSE_SECONDS)
        yield


def _fetch(pom: Path, folder: Path, progress: Callable[[str], None]) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ProvisionError("Maven is not installed: `make setup` installs it or says how.")
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}.", suffix=".partial", dir=folder.parent) as aside:
        partial, log_path = Path(aside) / "jars", folder.with_suffix(".log")
        command = [
            maven, "--batch-mode", "-Dstyle.color=never", "--strict-checksums", "--file", str(pom),
            "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={partial}",
        ]  # fmt: skip
        with log_path.open("w", encoding="utf-8") as log:
            exit_code = _run(command, log.write, progress)
        if exit_code != 0 or not any(partial.glob("*.jar")):
            tail = "\n".join(log_path.read_text(encoding="utf-8").splitlines()[-15:])
            raise ProvisionError(f"Maven could not fetch the jars of {pom.name} (exit code {exit_code}):\n{tail}")
        partial.rename(folder)


def _run(command: list[str], write: Callable[[str], object], progress: Callable[[str], None]) -> int:
    with subprocess.Popen(  # noqa: S603 - a fixed command
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        deadline = threading.Timer(_FETCH_TIMEOUT_SECONDS, process.kill)
        deadline.start()
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            for line in process.stdout:
                write(line)
                file = _fetched_file(line)
                if file:
                    progress(file)
        except BaseException:
            process.kill()
            raise
        finally:
            deadline.cancel()
    return process.returncode


def _fetched_file(line: str) -> str | None:
    """The jar in a line of Maven's log that says it was downloaded."""
    words = line.removeprefix("[INFO] ").split()
    if words[:2] != ["Downloaded", "from"]:
        return None
    return next((word.rpartition("/")[2] for word in words if word.endswith(".jar")), None)
