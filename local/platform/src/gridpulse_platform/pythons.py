"""Finds another Python than ours on this machine."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gridpulse_platform.errors import PreflightError

__all__ = ["find_python"]

_ANSWER_SECONDS: Final = 20


def find_python(version: str, *, named: Path | None, variable: str, purpose: str) -> Path:
    """The interpreter of this version (as "3.13"): the one that is `named`, else one that a search finds.

    Looked through are the folders of PATH, the versions behind a pyenv shim, which may be there while none of them is
    chosen, and those that uv has installed. Raises PreflightError with one line that says what to install.
    """
    for candidate in [named] if named else _candidates(version):
        if _version_of(candidate) == version:
            return candidate
    if named:
        raise PreflightError(f"{named}, named by {variable}, is no Python {version}.")
    raise PreflightError(
        f"Python {version} is needed for {purpose}, and python{version} was not found: install it (`pyenv install "
        f"{version}`, `uv python install {version}`, or your system's package), or name it with {variable}."
    )


def _candidates(version: str) -> Iterator[Path]:
    name = f"python{version}"
    for folder in map(Path, os.get_exec_path()):
        yield folder / name
        if folder.name == "shims":
            yield from sorted((folder.parent / "versions").glob(f"{version}.*/bin/{name}"), reverse=True)
    yield from sorted((Path.home() / ".local/share/uv/python").glob(f"cpython-{version}.*/bin/{name}"), reverse=True)


def _version_of(python: Path) -> str | None:
    """Its version as "3.13"; None where it does not run."""
    if not python.is_file():
        return None
    try:
        done = subprocess.run(  # noqa: S603 - an interpreter, asked for its version
            [python, "--version"], check=False, capture_output=True, text=True, timeout=_ANSWER_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"Python (\d+\.\d+)\.", done.stdout)
    return found[1] if found and done.returncode == 0 else None
