"""The archive of Spark's classes: a JVM maps it, and without it nothing but time is lost."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from gridpulse_platform import class_data, ensure_jars
from gridpulse_platform.class_data import ONE_COMPILER, class_data_options, quicken_java
from gridpulse_platform.errors import ProvisionError

OPEN: Final = """
import sys
from pathlib import Path
from gridpulse_spark.session import open_session
with open_session("archive", jars_dir=Path(sys.argv[1]), conf={}) as session:
    print(session.range(3).count())
    session.sparkContext._jvm.java.lang.Class.forName("com.datastax.spark.connector.cql.CassandraConnector")
"""


@pytest.mark.engines
def test_a_job_starts_with_the_archive_and_its_classes_come_from_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    jars_dir = ensure_jars("spark")
    options = class_data_options(jars_dir)
    (archive,) = (option.partition("=")[2] for option in options if option.startswith("-XX:SharedArchiveFile"))
    assert Path(archive).stat().st_size > 50_000_000
    monkeypatch.setenv("JDK_JAVA_OPTIONS", " ".join([*options, "-Xlog:class+load:stderr"]))
    elsewhere = tmp_path / "jars"  # as the folder of a platform of its own has them
    elsewhere.symlink_to(jars_dir)
    command = [sys.executable, "-c", OPEN, str(elsewhere)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "3"
    for name in ("org.apache.spark.SparkContext", "com.datastax.spark.connector.cql.CassandraConnector"):
        line = next(line for line in done.stderr.splitlines() if f"{name} source:" in line)
        assert "shared objects file (top)" in line


@pytest.mark.engines
def test_who_uses_the_archive_finds_the_same_one(monkeypatch: pytest.MonkeyPatch) -> None:
    jars_dir = ensure_jars("spark")
    options = class_data_options(jars_dir)
    monkeypatch.setenv("JDK_JAVA_OPTIONS", " ".join(options))
    assert class_data_options(jars_dir) == options != []


@pytest.mark.parametrize("error", [FileNotFoundError, ProvisionError])
def test_no_archive_means_no_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fails(command: Sequence[str]) -> None:
        raise error(f"{command}")

    monkeypatch.setattr(class_data, "run_quietly", fails)
    assert class_data_options(tmp_path, home=tmp_path) == []


@pytest.mark.parametrize(
    ("given", "expected"), [(None, f"{ONE_COMPILER} -XX:SharedArchiveFile=made"), ("-Xint", "-Xint"), ("", "")]
)
def test_how_java_runs_is_the_callers_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, expected: str
) -> None:
    def made(_: Path, *, home: Path) -> list[str]:
        assert home == tmp_path
        return ["-XX:SharedArchiveFile=made"]

    monkeypatch.setattr(class_data, "class_data_options", made)
    monkeypatch.delenv("JDK_JAVA_OPTIONS", raising=False)
    if given is not None:
        monkeypatch.setenv("JDK_JAVA_OPTIONS", given)
    quicken_java(tmp_path / "jars", home=tmp_path)
    assert os.environ["JDK_JAVA_OPTIONS"] == expected
