"""What is no lake, or has been harmed, is named by whoever reads it, before anything is written."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from gridpulse_spark.analytics.answering import answer_questions
from gridpulse_spark.analytics.window import Window
from gridpulse_spark.errors import LakeError
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.reader import Lake
from gridpulse_spark.lake.rebuild import rebuild
from harness.histories import history
from harness.lakes import make_lake

SQL_DIR = Path(__file__).parents[2] / "sql"
HOUR = datetime(2026, 1, 3, 9, tzinfo=UTC)
Harm = Callable[[Path], None]


@pytest.fixture(scope="module")
def sound(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with one hour."""
    root = tmp_path_factory.mktemp("lake") / "sound"
    make_lake(spark, str(root), {HOUR: history(2, hours=2)})
    return root


@pytest.fixture
def files(spark: SparkSession, sound: Path, tmp_path: Path) -> LakeFiles:
    """Of a copy of that lake."""
    shutil.copytree(sound, tmp_path / "lake")
    return LakeFiles(spark, str(tmp_path / "lake"))


def parquet_of(lake: Path) -> Path:
    return next(lake.glob("signal=power-breakdown/*/*/*.parquet"))


def cut_short(lake: Path) -> None:
    path = parquet_of(lake)
    path.write_bytes(path.read_bytes()[:-100])


def scribble_over(lake: Path) -> None:
    """The size stays, and so the reader meets it only when it reads."""
    path = parquet_of(lake)
    path.write_bytes(path.read_bytes()[:-200] + b"x" * 200)
    path.with_name(f".{path.name}.crc").unlink()


def scribble_inside(lake: Path) -> None:
    """What the end of the file says of its rows stays."""
    path = parquet_of(lake)
    path.write_bytes(b"PAR1" + b"x" * 400 + path.read_bytes()[404:])
    path.with_name(f".{path.name}.crc").unlink()


def lose(lake: Path) -> None:
    parquet_of(lake).unlink()


def change_manifest(name: str, value: Any) -> Harm:
    def harm(lake: Path) -> None:
        path = parquet_of(lake).with_name("_manifest.json")
        document = json.loads(path.read_text())
        document["columns"][name] = value
        path.write_text(json.dumps(document))
        path.with_name("._manifest.json.crc").unlink()

    return harm


def say_nothing(lake: Path) -> None:
    path = parquet_of(lake).with_name("_manifest.json")
    path.write_text('{"signal": "pow')
    path.with_name("._manifest.json.crc").unlink()


def lose_mark(lake: Path) -> None:
    (lake / "_lake.json").unlink()


def mark_otherwise(lake: Path) -> None:
    (lake / "_lake.json").write_text('{"format": "gridpulse-lake", "version": 2}\n')
    (lake / "._lake.json.crc").unlink()


def answer(spark: SparkSession, files: LakeFiles, folder: Path, day: date = date(2026, 1, 1)) -> None:
    Lake(spark, files).register_views()
    results = LakeFiles(spark, str(folder / "results"))
    answer_questions(spark, results, SQL_DIR, Window(day, day + timedelta(days=1)), None)


HARMS = [
    (cut_short, r"p0-0-\d+\.parquet has \d+ bytes in place of the \d+ of its manifest"),
    (lose, r"p0-0-\d+\.parquet has no bytes in place of"),
    (scribble_over, r"p0-0-\d+\.parquet"),
    (scribble_inside, r"p0-0-\d+\.parquet"),
    (change_manifest("at", "string"), "append_hour=09 has the column at as string, not as timestamp"),
    (change_manifest("new_mw", "double"), "append_hour=09 has a column new_mw, which this program does not know"),
    (say_nothing, r"append_hour=09/_manifest\.json is no manifest of the lake"),
    (lose_mark, r"lake is no lake of ours: it has no _lake\.json"),
    (mark_otherwise, "another version wrote this lake"),
]


@pytest.mark.parametrize(("harm", "message"), HARMS)
def test_a_harmed_lake_is_named_and_neither_answered_from_nor_rebuilt(
    spark: SparkSession, files: LakeFiles, tmp_path: Path, harm: Harm, message: str
) -> None:
    harm(tmp_path / "lake")
    with pytest.raises(LakeError, match=message):
        answer(spark, files, tmp_path)
    assert not [path for path in tmp_path.glob("results/*") if path.name != "_staging"]
    with pytest.raises(LakeError, match=message):
        list(rebuild(spark, Lake(spark, files), "nowhere", from_raw=False))


def test_of_days_that_are_not_asked_for_nothing_is_read(spark: SparkSession, files: LakeFiles, tmp_path: Path) -> None:
    """A lake keeps years. What can't be read here is nothing that the end of its file offers for those days."""
    scribble_inside(tmp_path / "lake")
    answer(spark, files, tmp_path, date(2026, 3, 1))
    with pytest.raises(LakeError, match=r"p0-0-\d+\.parquet"):
        answer(spark, files, tmp_path)
