"""The archive of Spark's classes: a JVM maps it, and without it nothing but time is lost."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from gridpulse_platform import class_data
from gridpulse_platform.class_data import class_data_options
from gridpulse_platform.errors import ProvisionError

OPEN: Final = """
from pyspark.sql import SparkSession
session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
print(session.range(3).count())
"""


@pytest.mark.engines
def test_spark_starts_with_the_archive_and_its_classes_come_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    options = class_data_options()
    (archive,) = (option.partition("=")[2] for option in options if option.startswith("-XX:SharedArchiveFile"))
    assert Path(archive).stat().st_size > 50_000_000
    monkeypatch.setenv("JDK_JAVA_OPTIONS", " ".join([*options, "-Xlog:class+load:stderr"]))
    done = subprocess.run([sys.executable, "-c", OPEN], check=True, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "3"
    line = next(line for line in done.stderr.splitlines() if "org.apache.spark.SparkContext source:" in line)
    assert "shared objects file (top)" in line


@pytest.mark.engines
def test_who_uses_the_archive_finds_the_same_one(monkeypatch: pytest.MonkeyPatch) -> None:
    options = class_data_options()
    monkeypatch.setenv("JDK_JAVA_OPTIONS", " ".join(options))
    assert class_data_options() == options != []


@pytest.mark.parametrize("error", [FileNotFoundError, ProvisionError])
def test_no_archive_means_no_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fails(command: Sequence[str]) -> None:
        raise error(f"{command}")

    monkeypatch.setattr(class_data, "run_quietly", fails)
    assert class_data_options(home=tmp_path) == []
