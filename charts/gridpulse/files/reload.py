"""Runs a program from a folder that can be written, and starts it anew when a file there has changed.

    reload.py FOLDER MODULE ARGUMENT...

For development (`global.development.reload`): the image is read-only, so its own packages are first copied to FOLDER,
which `skaffold dev` keeps in step with the source. A program that has ended by itself is left alone until the next
change: a mistake in a file waits for its correction, and not for Kubernetes' back-off; the chart leaves out the probes
that would restart the container. SIGTERM ends both.
"""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from types import FrameType

PACKAGES = "gridpulse_*"
PAUSE_SECONDS = 0.5
GRACE_SECONDS = 40  # of a program that drains


def copy_packages(source: Path, live: Path) -> None:
    """What is there already stays: it may be newer than the image, whose container was started again."""
    for package in source.glob(PACKAGES):
        if package.is_dir() and not package.name.endswith(".dist-info") and not (live / package.name).exists():
            aside = live / f".{package.name}"
            shutil.rmtree(aside, ignore_errors=True)
            shutil.copytree(package, aside, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
            aside.rename(live / package.name)


def state_of(live: Path) -> dict[str, tuple[int, int]]:
    """File -> (time of its last change, size)."""
    found: dict[str, tuple[int, int]] = {}
    for path in live.rglob("*"):
        try:
            if path.is_file():
                status = path.stat()
                found[str(path)] = (status.st_mtime_ns, status.st_size)
        except FileNotFoundError:
            pass  # replaced at this moment: the next look sees it
    return found


def stop(program: subprocess.Popen[bytes]) -> None:
    program.terminate()
    try:
        program.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def main(live: Path, command: list[str]) -> None:
    ending = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    copy_packages(Path(sysconfig.get_path("purelib")), live)
    environment = {**os.environ, "PYTHONPATH": str(live)}
    while not ending.is_set():
        before = state_of(live)
        program = subprocess.Popen([sys.executable, "-m", *command], env=environment)
        said = False
        while not ending.wait(PAUSE_SECONDS):
            if program.poll() is not None and not said:
                print(f"reload: ended with {program.returncode}; the next change starts it again", flush=True)
                said = True
            if state_of(live) != before:
                print("reload: files have changed", flush=True)
                break
        stop(program)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
