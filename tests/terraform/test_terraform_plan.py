"""infra/terraform/plan: its exit codes, with a real Terraform and no cloud."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gridpulse_platform.gotools import ensure_terraform
from harness.terraform import COMMAND_SECONDS, TERRAFORM

pytestmark = pytest.mark.terraform

Plan = Callable[..., subprocess.CompletedProcess[str]]
# Terraform has this one resource without any provider.
CONFIGURATION = 'resource "terraform_data" "this" {\n  input = "%s"\n}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An environment that was initialised."""
    (tmp_path / "main.tf").write_text(CONFIGURATION % "one", encoding="utf-8")
    run(tmp_path, "init", "-input=false")
    return tmp_path


def run(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    subprocess.run([ensure_terraform(), *arguments], check=True, cwd=folder, env=environment, timeout=COMMAND_SECONDS)


def plan(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {"TERRAFORM": str(ensure_terraform()), "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    return subprocess.run(
        [TERRAFORM / "plan", *arguments],
        check=False,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )


def test_a_change_its_plan_and_nothing_more(folder: Path) -> None:
    first = plan(folder)
    assert first.returncode == 2, first.stderr
    assert "something would change" in first.stdout
    run(folder, "apply", "-input=false", "plan.tfplan")
    again = plan(folder)
    assert (again.returncode, (folder / "plan.tfplan").exists()) == (0, False)
    assert "nothing would change" in again.stdout


def test_a_change_of_the_files_is_no_drift(folder: Path) -> None:
    run(folder, "apply", "-input=false", "-auto-approve")
    (folder / "main.tf").write_text(CONFIGURATION % "two", encoding="utf-8")
    assert plan("--drift", folder).returncode == 0
    assert plan(folder).returncode == 2


def test_a_failure_is_not_taken_for_a_change(folder: Path) -> None:
    plan(folder)
    (folder / "main.tf").write_text("resource {\n", encoding="utf-8")
    failed = plan(folder)
    assert failed.returncode == 1
    assert "nothing is known" in failed.stderr
    assert not (folder / "plan.tfplan").exists()  # an older one is not what was asked for


def test_without_a_folder_it_says_how_it_is_used() -> None:
    done = plan()
    assert done.returncode == 1
    assert "usage: infra/terraform/plan" in done.stderr
