"""What a cluster of Dataproc installs: from the file alone, the job starts."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from gridpulse_platform.jars import REPOSITORY


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, as install.sh unpacks it, with its wheels beside."""
    folder = tmp_path_factory.mktemp("bundle")
    file = folder / "bundle.tar.gz"
    subprocess.run([REPOSITORY / "spark" / "dataproc-bundle", file], check=True, capture_output=True, timeout=120)
    with tarfile.open(file) as archive:
        archive.extractall(folder / "home", filter="data")
    for wheel in (folder / "home" / "wheels").glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(folder / "packages")  # noqa: S202 - ours
    return folder


def test_the_job_starts_with_the_bundles_packages(unpacked: Path) -> None:
    code = (
        "import runpy, sys, gridpulse_contract, gridpulse_spark; "
        "print(gridpulse_contract.__file__); print(gridpulse_spark.__file__); "
        "sys.argv = ['analytics.py', '--help']; runpy.run_path('spark/jobs/analytics.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=unpacked / "home",
        env={**os.environ, "PYTHONPATH": str(unpacked / "packages")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(str(unpacked / "packages")) == 2
    assert "--parquet-only" in done.stdout
    assert list((unpacked / "home" / "spark" / "sql").glob("energy_daily.sql"))


def test_spark_is_the_clusters_own(unpacked: Path) -> None:
    lines = (unpacked / "home" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = {line.split("==")[0] for line in lines if "==" in line}
    assert {"pydantic", "pydantic-settings"} < names
    assert names & {"pyspark", "py4j"} == set()
    assert all(line.startswith("    --hash=sha256:") for line in lines if "==" not in line)
