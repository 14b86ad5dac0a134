"""Chromium, in which the live page is tested: the system's, or as root on Debian its package."""

import os
import shutil
from pathlib import Path
from typing import Final

from gridpulse_platform.errors import PreflightError, ProvisionError
from gridpulse_platform.tools import run_quietly

__all__ = ["ensure_chromium"]

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_INSTALL: Final = (
    "apt-get",
    "install",
    "-y",
    "-qq",
    "--no-install-recommends",
    "-o",
    "DPkg::Lock::Timeout=120",
    "chromium",
    "fonts-dejavu-core",
)


def ensure_chromium() -> Path:
    """Where it is, installed if it is nowhere yet.

    Raises PreflightError where this user can't install it, ProvisionError where that should have worked.
    """
    if found := _find():
        return found
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise PreflightError(f"Chromium is not here. Install it: sudo {' '.join(_INSTALL)} (or as your system does).")
    run_quietly(["apt-get", "update", "-qq"])
    done = run_quietly(["env", "DEBIAN_FRONTEND=noninteractive", *_INSTALL])
    found = _find()
    if found is None:
        raise ProvisionError(f"Chromium can't be installed: {done.stderr.strip()[-500:]}")
    return found


def _find() -> Path | None:
    return next((Path(found) for name in _NAMES if (found := shutil.which(name))), None)
