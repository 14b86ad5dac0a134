"""Prometheus, its `promtool`, which checks alert rules, and its Pushgateway.

The system's, or those in Debian's packages, unpacked aside. These are not installed, since that would start them.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final, Literal

from gridpulse_platform.errors import PreflightError, ProvisionError
from gridpulse_platform.jars import DEFAULT_HOME
from gridpulse_platform.tools import kept_tool, run_quietly

__all__ = ["PrometheusTool", "ensure_prometheus"]

PrometheusTool = Literal["prometheus", "prometheus-pushgateway", "promtool"]
_PACKAGES: Final[dict[str, str]] = {"promtool": "prometheus"}
"""Where the package has another name than the program."""


def ensure_prometheus(tool: PrometheusTool, *, home: Path = DEFAULT_HOME) -> Path:
    """Where the program is, fetched if it is nowhere yet.

    Raises PreflightError where this user can't fetch it, ProvisionError where that should have worked.
    """
    if found := shutil.which(tool):
        return Path(found)
    return kept_tool(tool, _fetch, home=home)


def _fetch(program: Path) -> None:
    debian = _PACKAGES.get(program.name, program.name)
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise PreflightError(f"{program.name} is not here: install Prometheus with your system's packages.")
    with tempfile.TemporaryDirectory(dir=program.parent) as name:
        aside = Path(name)
        done = run_quietly(["apt-get", "download", debian], aside)
        if done.returncode != 0 and os.geteuid() == 0:
            run_quietly(["apt-get", "update", "-qq"], aside)
            done = run_quietly(["apt-get", "download", debian], aside)
        if done.returncode != 0:
            said = f"`apt-get download {debian}` does not give {program.name}: {done.stderr.strip()[-500:]}"
            if os.geteuid() == 0:
                raise ProvisionError(said)
            raise PreflightError(f"{said}\nTry `sudo apt-get update`, or install Prometheus.")
        (package,) = aside.glob("*.deb")
        done = run_quietly(["dpkg-deb", "--extract", str(package), "unpacked"], aside)
        if done.returncode != 0:
            raise ProvisionError(f"{package.name} can't be unpacked: {done.stderr.strip()[-500:]}")
        (aside / "unpacked" / "usr" / "bin" / program.name).rename(program)
