"""A checkpoint has one driver at a time, and a killed driver's JVM counts as that driver until it has ended."""

import subprocess
import sys
from pathlib import Path

import pytest

from gridpulse_spark.checkpoint import checkpoint_conf, checkpoint_path, hold_checkpoint
from gridpulse_spark.errors import CheckpointBusyError


def test_path_is_base_job_version() -> None:
    assert checkpoint_path("gs://bucket/checkpoints/", "job", "v1") == "gs://bucket/checkpoints/job/v1"


def test_a_second_driver_is_refused_and_later_let_in(tmp_path: Path) -> None:
    path = str(tmp_path / "checkpoints")
    with (
        hold_checkpoint(path, 0),
        pytest.raises(CheckpointBusyError, match="Another driver"),
        hold_checkpoint(f"file://{path}", 0.2),
    ):
        pass
    with hold_checkpoint(path, 0):
        pass


def test_a_child_that_inherits_the_lock_holds_it(tmp_path: Path) -> None:
    with hold_checkpoint(str(tmp_path), 0) as descriptors:
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, pass_fds=descriptors
        )
    with child:
        with pytest.raises(CheckpointBusyError), hold_checkpoint(str(tmp_path), 0.2):
            pass
        child.communicate(timeout=10)
    with hold_checkpoint(str(tmp_path), 0):
        pass


def test_an_object_store_has_no_lock() -> None:
    with hold_checkpoint("gs://bucket/checkpoints/job/v1", 0) as descriptors:
        assert descriptors == ()


def test_only_a_checkpoint_in_a_local_folder_is_written_by_the_classes_for_one(tmp_path: Path) -> None:
    assert checkpoint_conf(str(tmp_path)) == checkpoint_conf(f"file://{tmp_path}") != {}
    assert checkpoint_conf("gs://bucket/checkpoints") == {}  # where renaming over a file is no lock
