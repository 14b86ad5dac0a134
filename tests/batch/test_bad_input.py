"""Batch jobs on input that can't be right: they say in a sentence what it is, and leave everything as it was."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from gridpulse_platform import CassandraNode
from gridpulse_schema import migrate, open_session
from harness.histories import history
from harness.jobs import cassandra_settings, finished_job
from harness.lakes import make_lake

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(600)]

DAYS = ("--start", "2025-12-31", "--end", "2026-01-01")


@pytest.fixture(scope="module")
def lakes(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `lake`, and `photos`, which is none."""
    home = tmp_path_factory.mktemp("lakes")
    make_lake(spark, str(home / "lake"), {datetime(2026, 1, 3, 9, tzinfo=UTC): history(2, hours=2)})
    (home / "photos").mkdir()
    (home / "photos" / "sea.jpg").write_bytes(b"blue")
    return home


@pytest.fixture(scope="module")
def store(cassandra: CassandraNode) -> dict[str, str]:
    """A node with a keyspace as it should be, and `half`, which has no daily table."""
    with open_session([cassandra.contact_points], port=cassandra.port) as session:
        for keyspace in ("bad_input", "half"):
            migrate(session, keyspace=keyspace, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        session.execute("DROP TABLE half.power_daily")
    return cassandra_settings(cassandra)


@pytest.mark.parametrize(
    ("job", "arguments", "prefix", "exit_code", "message"),
    [
        ("archive_to_parquet.py", ["--hour", "2999-01-01T00:00Z"], "ARCHIVE", 2, "2999-01-01T00Z is not over"),
        ("archive_to_parquet.py", ["--hour", "yesterday"], "ARCHIVE", 2, "'yesterday' is no hour"),
        ("analytics.py", ["--start", "2999-01-01", "--end", "2999-01-02"], "ANALYTICS", 2, "has not begun"),
        ("analytics.py", ["--start", "2026-01-02", "--end", "2026-01-02"], "ANALYTICS", 2, "must be before the end"),
    ],
)
def test_times_that_cannot_be_are_refused_at_once(
    lakes: Path, job: str, arguments: Sequence[str], prefix: str, exit_code: int, message: str
) -> None:
    settings = {"LAKE_LOCATION": str(lakes / "lake")}
    if prefix == "ANALYTICS":
        settings["RESULTS_LOCATION"] = str(lakes / "results")
    _refused(lakes, job, arguments, settings, prefix, exit_code, message)


@pytest.mark.parametrize(
    ("job", "arguments", "prefix", "changes", "exit_code", "message"),
    [
        ("analytics.py", DAYS, "ANALYTICS", {"LAKE_LOCATION": "photos"}, 1, "photos is no lake of ours"),
        ("analytics.py", DAYS, "ANALYTICS", {"RESULTS_LOCATION": "lake/answers"}, 2, "is in the lake"),
        ("analytics.py", DAYS, "ANALYTICS", {"KEYSPACE": "nowhere"}, 1, "nowhere.power_daily can't be used"),
        ("analytics.py", DAYS, "ANALYTICS", {"KEYSPACE": "half"}, 1, "half.power_daily can't be used"),
        ("rebuild_cassandra.py", ["--keyspace", "bad_input"], "REBUILD", {"LAKE_LOCATION": "photos"}, 1, "no lake"),
        ("rebuild_cassandra.py", ["--keyspace", "nowhere"], "REBUILD", {}, 1, "nowhere.power_breakdown"),
    ],
)
def test_stores_that_are_not_as_they_should_be_are_named(
    lakes: Path,
    store: dict[str, str],
    job: str,
    arguments: Sequence[str],
    prefix: str,
    changes: dict[str, str],
    exit_code: int,
    message: str,
) -> None:
    of_analytics = {"RESULTS_LOCATION": "results", "KEYSPACE": "bad_input"} if prefix == "ANALYTICS" else {}
    places = {"LAKE_LOCATION": "lake", **of_analytics, **changes}
    located = {name: str(lakes / place) if name.endswith("LOCATION") else place for name, place in places.items()}
    _refused(lakes, job, arguments, {**store, **located}, prefix, exit_code, message)


def _refused(
    lakes: Path,
    job: str,
    arguments: Sequence[str],
    settings: dict[str, str],
    prefix: str,
    exit_code: int,
    message: str,
) -> None:
    before = _files(lakes)
    done = finished_job(job, arguments, settings, prefix)
    assert done.returncode == exit_code, done.stderr[-4000:]
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert _files(lakes) == before


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}
