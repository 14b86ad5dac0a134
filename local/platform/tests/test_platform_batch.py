"""The batch verbs: what they say when something is missing (with all that they need: `test_platform_run`)."""

import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from gridpulse_platform import PlatformError, free_port
from gridpulse_platform.__main__ import main
from gridpulse_platform.batch import BatchRunner
from gridpulse_platform.errors import AlreadyRunningError, PreflightError
from gridpulse_platform.home import hold_home
from gridpulse_platform.jars import ensure_jars
from gridpulse_platform.looks import lake_hours, newest_day
from gridpulse_platform.notebook import notebook_command
from gridpulse_platform.progress import Progress
from gridpulse_platform.settings import PlatformSettings


def ports() -> dict[str, int]:
    return {name: free_port() for name in PlatformSettings.model_fields if name.endswith("_port")}


@pytest.fixture
def settings(tmp_path: Path) -> PlatformSettings:
    """A folder that looks as if a run had kept data in it, and jars that are there."""
    given: dict[str, Any] = {"home": tmp_path / "home", **ports()}
    made = PlatformSettings(**given)
    for folder in ("kafka/data", "cassandra"):
        (made.data_directory / folder).mkdir(parents=True)
    (made.home / "jars").symlink_to(ensure_jars("spark").parent)
    return made


@pytest.fixture
def batch(settings: PlatformSettings) -> BatchRunner:
    return BatchRunner(settings, Progress(Console(quiet=True), lambda: False))


@pytest.mark.parametrize("verb", ["archive", "analytics", "warehouse"])
def test_without_data_the_command_that_makes_them_is_named(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRIDPULSE_PLATFORM_HOME", str(tmp_path / "home"))
    assert main([verb]) == 1
    assert f"no data in {tmp_path}/home/data/standin yet: run `make run ONCE=1` first." in capsys.readouterr().err
    assert not (tmp_path / "home").exists()


def test_analytics_need_a_lake(batch: BatchRunner) -> None:
    with pytest.raises(PlatformError, match=r"There is no lake in .*/standin/lake yet: `make archive` makes it"):
        batch.analytics()


def test_the_warehouse_needs_another_python_and_says_so_before_anything_starts(
    batch: BatchRunner, settings: PlatformSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = shutil.which("java")
    assert java
    (tmp_path / "java").symlink_to(java)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(PreflightError, match=r"^Python 3\.13 is needed .*`uv python install 3\.13`") as caught:
        batch.warehouse(serve=False)
    assert "\n" not in str(caught.value)
    assert not settings.log_directory.exists()


def test_engines_of_a_run_on_other_ports_are_not_found(batch: BatchRunner, settings: PlatformSettings) -> None:
    """The lock is held by an open file, so this process can meet its own."""
    with (
        hold_home(settings.home, serves=settings.data_directory),
        pytest.raises(PlatformError, match=r"its kafka does not answer.*the same GRIDPULSE_PLATFORM_\* variables"),
    ):
        batch.archive()


@pytest.mark.parametrize("other", [None, Path("/elsewhere/electricitymaps")])
def test_engines_of_another_source_are_left_alone(
    batch: BatchRunner, settings: PlatformSettings, other: Path | None
) -> None:
    with hold_home(settings.home, serves=other), pytest.raises(AlreadyRunningError, match=f"process {os.getpid()}"):
        batch.archive()


def test_the_look_at_a_lake_is_that_of_its_manifests(tmp_path: Path) -> None:
    assert newest_day(tmp_path) is None
    for hour, partitions in (("22", {"0": (0, 5, 900), "1": (0, 0, 0)}), ("23", {"0": (5, 1205, 100)})):
        folder = tmp_path / f"signal=power-breakdown/append_date=2026-03-01/append_hour={hour}"
        folder.mkdir(parents=True)
        ranges = {
            number: dict(zip(("start", "end", "size_bytes"), it, strict=True)) for number, it in partitions.items()
        }
        manifest = {"signal": "power-breakdown", "hour": f"2026-03-01T{hour}:00:00Z", "partitions": ranges}
        (folder / "_manifest.json").write_text(json.dumps(manifest))
    console = Console(width=100)
    with console.capture() as captured:
        console.print(lake_hours(tmp_path))
    cells = [cell.strip() for cell in captured.get().splitlines()[-2].split("│")[1:-1]]
    assert cells == ["power-breakdown", "2026-03-01 22", "2026-03-01 23", "1,205", "1"]
    assert newest_day(tmp_path) == date(2026, 3, 1)


def test_the_notebook_is_opened_as_a_copy_on_the_lake_that_is_there(settings: PlatformSettings) -> None:
    with pytest.raises(PlatformError, match="`make archive` makes it"):
        notebook_command(settings)
    lake = settings.data_directory / "lake"
    folder = lake / "signal=power-breakdown/append_date=2026-03-01/append_hour=22"
    folder.mkdir(parents=True)
    (folder / "_manifest.json").write_text('{"hour": "2026-03-01T22:00:00Z"}')
    command, variables = notebook_command(settings)
    assert variables["GRIDPULSE_LAKE_LOCATION"] == str(lake)
    copy = Path(command[-1])
    copy.write_text("what somebody has written")
    assert notebook_command(settings) == (command, variables)
    assert copy.read_text() == "what somebody has written"
    assert "--ServerApp.ip=127.0.0.1" in command
