"""Another Python is found where people have one, and what is missing is said in one line."""

from pathlib import Path

import pytest

from gridpulse_platform.bigquery import ensure_bigquery
from gridpulse_platform.errors import PreflightError, ProvisionError
from gridpulse_platform.pythons import find_python

VARIABLE = "THE_VARIABLE"


def make_python(path: Path, version: str) -> Path:
    """A program that says it is this Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho Python {version}\n", encoding="ascii")
    path.chmod(0o755)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any Python, and a PATH of one empty folder in it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    return tmp_path


def find(named: Path | None = None) -> Path:
    return find_python("3.13", named=named, variable=VARIABLE, purpose="the stand-in")


def test_one_in_the_path_is_found_and_one_that_only_has_the_name_is_not(home: Path) -> None:
    python = make_python(home / "shims" / "python3.13", "3.12.9")
    with pytest.raises(PreflightError):
        find()
    make_python(python, "3.13.1")
    assert find() == python


def test_a_shim_that_runs_nothing_leads_to_the_versions_behind_it(home: Path) -> None:
    shim = home / "shims" / "python3.13"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\nexit 127\n", encoding="ascii")
    shim.chmod(0o755)
    make_python(home / "versions" / "3.13.0" / "bin" / "python3.13", "3.13.0")
    newer = make_python(home / "versions" / "3.13.5" / "bin" / "python3.13", "3.13.5")
    assert find() == newer


def test_those_that_uv_has_installed_are_found(home: Path) -> None:
    python = make_python(home / ".local/share/uv/python/cpython-3.13.2-linux/bin/python3.13", "3.13.2")
    assert find() == python


def test_what_is_missing_is_said_in_one_line_with_what_helps(home: Path) -> None:
    assert home
    with pytest.raises(PreflightError) as caught:
        find()
    message = str(caught.value)
    assert message.startswith("Python 3.13 is needed for the stand-in, and python3.13 was not found")
    assert "`uv python install 3.13`" in message
    assert VARIABLE in message
    assert "\n" not in message


def test_one_that_is_named_must_be_of_the_version(home: Path) -> None:
    other = make_python(home / "other", "3.14.0")
    with pytest.raises(PreflightError, match=f"{other}, named by {VARIABLE}, is no Python 3.13"):
        find(other)
    with pytest.raises(PreflightError, match="nowhere, named by"):
        find(home / "nowhere")
    assert find(make_python(home / "right", "3.13.0")) == home / "right"


def test_an_environment_that_could_not_be_made_leaves_none_behind(tmp_path: Path) -> None:
    """The interpreter says that it is a 3.13 and does nothing else."""
    python = make_python(tmp_path / "python3.13", "3.13.0")
    with pytest.raises(ProvisionError, match=r"The environment of BigQuery.s stand-in could not be made: .+"):
        ensure_bigquery(home=tmp_path / "home", python=python)
    left = [path for path in (tmp_path / "home" / "environments").iterdir() if path.is_dir()]
    assert all(path.suffix == ".partial" for path in left)
