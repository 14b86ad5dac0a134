"""Prometheus, and its `promtool`, which checks alert rules: the system's, or those in Debian's package, unpacked aside.

The package is not installed, since that would start a Prometheus.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from gridpulse_platform.errors import PreflightError, ProvisionError
from gridpulse_platform.jars import DEFAULT_HOME
from gridpulse_platform.tools import kept_tool, run_quietly

__all__ = ["ensure_prometheus", "ensure_promtool"]

_PACKAGE: Final = "prometheus"


def ensure_promtool(*, home: Path = DEFAULT_HOME) -> Path:
    """Where promtool is, fetched if it is nowhere yet.

    Raises PreflightError where this user can't fetch it, ProvisionError where that should have worked.
    """
    return _ensure("promtool", home)


def ensure_prometheus(*, home: Path = DEFAULT_HOME) -> Path:
    """Where Prometheus itself is, as for promtool."""
    return _ensure("prometheus", home)


def _ensure(name: str, home: Path) -> Path:
    if found := shutil.which(name):
        return Path(found)
    return kept_tool(name, _fetch, home=home)


def _fetch(program: Path) -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise PreflightError(f"{program.name} is not here: install Prometheus with your system's packages.")
    with tempfile.TemporaryDirectory(dir=program.parent) as name:
        aside = Path(name)
        done = run_quietly(["apt-get", "download", _PACKAGE], aside)
        if done.returncode != 0 and os.geteuid() == 0:
            run_quietly(["apt-get", "update", "-qq"], aside)
            done = run_quietly(["apt-get", "download", _PACKAGE], aside)
        if done.returncode != 0:
            said = f"`apt-get download {_PACKAGE}` does not give {program.name}: {done.stderr.strip()[-500:]}"
            if os.geteuid() == 0:
                raise ProvisionError(said)
            raise PreflightError(f"{said}\nTry `sudo apt-get update`, or install Prometheus.")
        (package,) = aside.glob("*.deb")
        done = run_quietly(["dpkg-deb", "--extract", str(package), "unpacked"], aside)
        if done.returncode != 0:
            raise ProvisionError(f"{package.name} can't be unpacked: {done.stderr.strip()[-500:]}")
        (aside / "unpacked" / "usr" / "bin" / program.name).rename(program)
