"""The mark of a lake, whoever makes it and whatever stops him."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Final

import pytest
from pyspark.sql import SparkSession

from gridpulse_spark.errors import LakeError
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.layout import MARKER_NAME, MARKER_TEXT, STAGING

pytestmark = pytest.mark.engines

AT_ONCE: Final = 4
ROUNDS: Final = 25


def test_an_empty_folder_becomes_a_lake_that_is_claimed_again(files: LakeFiles) -> None:
    for _ in range(2):
        files.claim()
        files.check_mark()
    assert files.names("") == [MARKER_NAME, STAGING]
    assert files.names(STAGING) == []


def all_at_once(act: Callable[[int, int], None]) -> None:
    """Calls `act` with the number of a round and that of a thread; every error is raised."""
    together = Barrier(AT_ONCE)

    def take_part(round_number: int, thread: int) -> None:
        together.wait()
        act(round_number, thread)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(ROUNDS):
            list(pool.map(take_part, [number] * AT_ONCE, range(AT_ONCE)))


def test_those_who_claim_it_at_once_all_have_it(spark: SparkSession, tmp_path: Path) -> None:
    def claim(round_number: int, _: int) -> None:
        files = LakeFiles(spark, str(tmp_path / str(round_number)))
        files.claim()
        files.check_mark()

    all_at_once(claim)
    files = LakeFiles(spark, str(tmp_path))
    assert {files.read(f"{number}/{MARKER_NAME}") for number in range(ROUNDS)} == {MARKER_TEXT}


def test_those_who_move_the_same_file_to_one_place_at_once_all_find_it_done(files: LakeFiles) -> None:
    def move(round_number: int, thread: int) -> None:
        files.write(f"{STAGING}/{thread}", MARKER_TEXT)
        files.move(f"{STAGING}/{thread}", str(round_number))

    all_at_once(move)
    assert {files.read(str(number)) for number in range(ROUNDS)} == {MARKER_TEXT}
    assert files.names(STAGING) == []


def test_a_file_is_placed_only_where_none_is(files: LakeFiles) -> None:
    for name in "ab":
        files.write(name, name)
    assert files.place("a", "folder/c")
    assert not files.place("b", "folder/c")
    assert (files.read("folder/c"), files.read("b"), files.names("")) == ("a", "b", ["b", "folder"])


def test_what_a_claim_that_was_killed_left_is_no_hindrance(files: LakeFiles, tmp_path: Path) -> None:
    half = tmp_path / "lake" / STAGING / "half"
    half.parent.mkdir(parents=True)
    half.write_text(MARKER_TEXT[:9])
    files.claim()
    files.check_mark()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("photos", "", "is no lake of ours: it has no _lake.json"),
        (MARKER_NAME, MARKER_TEXT.replace("1", "2"), "another version wrote this lake"),
        (MARKER_NAME, "", "another version wrote this lake"),
    ],
)
def test_what_is_no_lake_of_ours_is_left_alone(
    files: LakeFiles, tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = tmp_path / "lake" / name
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(LakeError, match=said):
        files.claim()
    assert [path.name for path in path.parent.iterdir()] == [name]
    assert path.read_text() == text
