"""Every folder of Terraform is valid, and does what its own tests say."""

import re
import subprocess
from typing import Final

import pytest

from gridpulse_platform.gotools import ensure_terraform
from harness.terraform import COMMAND_SECONDS, ROOTS, TERRAFORM, Terraform

pytestmark = pytest.mark.terraform

every_root: Final = pytest.mark.parametrize("root", ROOTS)
_DECLARED: Final = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)


def test_the_folders_are_those_of_the_design() -> None:
    wanted = {"network", "gke", "storage", "bigquery", "dataproc", "identity", "registry", "project"}
    assert set(ROOTS) == {"bootstrap", "envs/dev", *(f"modules/{name}" for name in wanted)}


def test_formatting() -> None:
    done = subprocess.run(
        [ensure_terraform(), "fmt", "-check", "-diff", "-recursive", TERRAFORM],
        check=False,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )
    assert done.returncode == 0, done.stdout


@every_root
def test_every_variable_and_output_says_what_it_is(root: str) -> None:
    for name in ("variables.tf", "outputs.tf"):
        for kind, declared, body in _DECLARED.findall((TERRAFORM / root / name).read_text(encoding="utf-8")):
            assert "  description = " in body, f"{root}: {kind} {declared}"
            assert kind == "output" or re.search(r"^  type +=", body, re.MULTILINE), f"{root}: {kind} {declared}"


def test_an_environment_only_composes() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in (TERRAFORM / "envs").rglob("*.tf"))
    assert "\nresource " not in text
    assert "\ndata " not in text


@every_root
def test_its_own_tests_pass(terraform: Terraform, root: str) -> None:
    """They apply under a mock; the schema is that of the provider."""
    tested = terraform.test(root)
    assert tested.failed == 0, tested.said
    assert tested.passed >= 3
