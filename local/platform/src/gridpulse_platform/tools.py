"""Programs that tests need and the system may lack: fetched once, and kept beside the jars."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from gridpulse_platform.jars import locked

__all__ = ["kept_tool", "run_quietly"]

_TIMEOUT_SECONDS: Final = 300


def kept_tool(name: str, fetch: Callable[[Path], None], *, home: Path) -> Path:
    """Where the program is below `home`; `fetch` puts it there if it is not, and no two processes do so at once."""
    folder = home.absolute() / "tools"
    program = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / f"{name}.lock"):
        if not program.is_file():
            fetch(program)
    return program


def run_quietly(
    command: Sequence[str], folder: Path | None = None, *, timeout_seconds: float = _TIMEOUT_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a fixed command, in `folder` if one is given, to whatever end; what it prints is in the result."""
    return subprocess.run(  # noqa: S603 - fixed commands
        command, check=False, cwd=folder, capture_output=True, text=True, timeout=timeout_seconds
    )
