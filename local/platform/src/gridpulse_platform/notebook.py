"""`notebook`: JupyterLab on the kept lake, on loopback."""

import os
import shutil
import sys
from typing import Final, NoReturn

from gridpulse_platform.jars import REPOSITORY
from gridpulse_platform.looks import require_lake
from gridpulse_platform.ports import LOOPBACK
from gridpulse_platform.preflight import check_java, java_home
from gridpulse_platform.settings import PlatformSettings

__all__ = ["notebook_command", "open_notebook"]

_NOTEBOOK: Final = REPOSITORY / "notebooks" / "exploration.ipynb"


def open_notebook(settings: PlatformSettings) -> NoReturn:
    """Become JupyterLab. Raises PlatformError where there is no lake, or no JupyterLab."""
    check_java()
    command, variables = notebook_command(settings)
    os.execve(command[0], command, {**os.environ, **variables, "JAVA_HOME": java_home()})  # noqa: S606 - a fixed command


def notebook_command(settings: PlatformSettings) -> tuple[list[str], dict[str, str]]:
    """What to run, and its variables; a copy of the notebook is made, in which people may write what they like."""
    require_lake(settings.lake_directory)
    folder = settings.home.absolute() / "notebooks"
    copy = folder / _NOTEBOOK.name
    if not copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_NOTEBOOK, copy)
    options = [f"--ServerApp.ip={LOOPBACK}", f"--ServerApp.root_dir={folder}"]
    return [sys.executable, "-m", "jupyterlab", *options, str(copy)], {
        "GRIDPULSE_LAKE_LOCATION": str(settings.lake_directory),
        "GRIDPULSE_ZONE": settings.zones[0],
        "SPARK_LOCAL_IP": LOOPBACK,
    }
