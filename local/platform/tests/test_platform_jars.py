"""Jars appear whole or not at all, also when several processes ask at once."""

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import run

import pytest

from gridpulse_platform.errors import ProvisionError
from gridpulse_platform.jars import fetch_jars

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>gridpulse</groupId><artifactId>tiny</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>{group}</groupId><artifactId>slf4j-api</artifactId><version>1.7.36</version></dependency>
  </dependencies>
  <build><pluginManagement><plugins>
    <plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId><version>3.8.1</version></plugin>
  </plugins></pluginManagement></build>
</project>
"""


@pytest.fixture
def pom(tmp_path: Path) -> Path:
    """One dependency, which the broker has too."""
    path = tmp_path / "pom.xml"
    path.write_text(_POM.format(group="org.slf4j"), encoding="utf-8")
    return path


def other_maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A shell script in the place of `mvn`."""
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text(f"#!/bin/bash\n{script}", encoding="utf-8")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{maven.parent}{os.pathsep}{os.environ['PATH']}")


def test_fetches_once_and_then_answers_from_the_folder(pom: Path, tmp_path: Path) -> None:
    folder = fetch_jars("tiny", pom, home=tmp_path / "home")
    assert [path.name for path in folder.iterdir()] == ["slf4j-api-1.7.36.jar"]
    modified = folder.stat().st_mtime_ns
    assert fetch_jars("tiny", pom, home=tmp_path / "home") == folder
    assert folder.stat().st_mtime_ns == modified


def test_another_pom_gets_another_folder(pom: Path, tmp_path: Path) -> None:
    first = fetch_jars("tiny", pom, home=tmp_path / "home")
    pom.write_text(pom.read_text(encoding="utf-8").replace("1.7.36", "1.7.35"), encoding="utf-8")
    second = fetch_jars("tiny", pom, home=tmp_path / "home")
    assert first != second
    assert (second / "slf4j-api-1.7.35.jar").is_file()


def test_what_cannot_be_fetched_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_maven(
        tmp_path,
        monkeypatch,
        'for argument; do case $argument in -DoutputDirectory=*) mkdir -p "${argument#*=}"; '
        'touch "${argument#*=}/half.jar";; esac; done\n'
        "echo '[ERROR] the network went away'\nexit 1\n",
    )
    pom = tmp_path / "pom.xml"
    pom.write_text(_POM.format(group="nobody"), encoding="utf-8")
    with pytest.raises(ProvisionError, match="the network went away"):
        fetch_jars("tiny", pom, home=tmp_path / "home")
    assert not [path for path in (tmp_path / "home" / "jars").iterdir() if path.is_dir()]


def test_without_maven_it_says_so(pom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProvisionError, match="Maven is not installed"):
        fetch_jars("tiny", pom, home=tmp_path / "home")


def test_processes_that_ask_at_once_fetch_once(pom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = tmp_path / "calls"
    other_maven(tmp_path, monkeypatch, f'echo called >> {calls}\nexec {shutil.which("mvn")} "$@"\n')
    program = (
        "import sys; from pathlib import Path; from gridpulse_platform.jars import fetch_jars\n"
        "print(fetch_jars('tiny', Path(sys.argv[1]), home=Path(sys.argv[2])))"
    )
    command = [sys.executable, "-c", program, str(pom), str(tmp_path / "home")]
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(run, command, check=True, capture_output=True, text=True) for _ in range(3)]
    assert len({one.result().stdout for one in asked}) == 1
    assert calls.read_text(encoding="ascii") == "called\n"
