"""The client by itself: its wheel with the packages that its lock pins, and none of ours beside it."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.locks import REPOSITORY, VERSION

from .conftest import QueryApi, variables

pytestmark = pytest.mark.slow

PACKAGE = REPOSITORY / "packages" / "client"
UV = Path(sys.executable).with_name("uv")
FRAME = """\
import sys

from gridpulse import Client

with Client(sys.argv[1]) as client:
    zones = client.zones().dataframe()
print(zones.loc[zones["key"] == "DE", "name"].item(), zones["parent"].isna().any())
"""


def run(*command: str | Path, cwd: Path = REPOSITORY, url: str = "") -> str:
    done = subprocess.run(
        command, cwd=cwd, env=variables(url), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_wheel_is_all_that_it_takes(without_store: QueryApi, tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=PACKAGE)
    (wheel,) = tmp_path.glob("*.whl")
    home = tmp_path / "venv"
    run(UV, "venv", "--quiet", "--python", sys.executable, home)
    python = home / "bin" / "python"
    run(UV, "pip", "sync", "--quiet", "--python", python, "--require-hashes", PACKAGE / "requirements.txt")
    run(UV, "pip", "install", "--quiet", "--python", python, "--no-deps", wheel)
    run(UV, "pip", "check", "--quiet", "--python", python)

    command = home / "bin" / "gridpulse"
    assert run(command, "--version", cwd=tmp_path).strip() == VERSION
    assert "Germany" in run(command, "zones", cwd=tmp_path, url=without_store.url)
    assert run(python, "-c", FRAME, without_store.url, cwd=tmp_path) == "Germany True\n"
