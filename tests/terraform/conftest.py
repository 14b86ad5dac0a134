"""Terraform on copies of infra/terraform."""

import os
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_platform.jars import REPOSITORY
from harness.terraform import REFERENCE, Terraform, copied, open_terraform

WORKLOADS: Final = """
mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}
"""
"""Head of a file of tests of an environment."""
_INIT_SECONDS: Final = 120


@pytest.fixture(scope="session")
def from_registry(tmp_path_factory: pytest.TempPathFactory) -> bool:
    """Whether the real provider is used: where the one that knows the schema is not at hand, and a registry answers."""
    if (REFERENCE / "mirror").is_file() and not os.environ.get("GRIDPULSE_TERRAFORM_REGISTRY"):
        return False
    asked = open_terraform(copied(tmp_path_factory.mktemp("registry")), registry=True)
    try:
        done = subprocess.run(
            [str(asked.program), "init", "-backend=false", "-input=false"],
            check=False,
            cwd=asked.folder / "modules" / "storage",
            capture_output=True,
            text=True,
            timeout=_INIT_SECONDS,
        )
        answer = done.stderr if done.returncode else ""
    except subprocess.TimeoutExpired:
        answer = "no answer"
    if answer:
        pytest.skip(
            "there is no provider: no registry could be reached, and what makes one that knows the schema alone is not "
            f"here (GRIDPULSE_REFERENCE_DIR): {answer.strip()[-300:]}"
        )
    return True


@pytest.fixture
def copy(from_registry: bool, tmp_path: Path) -> Terraform:
    """A copy to spoil."""
    return open_terraform(copied(tmp_path), registry=from_registry)


@pytest.fixture(scope="session")
def terraform(from_registry: bool, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """A copy that stays as it is."""
    return open_terraform(copied(tmp_path_factory.mktemp("terraform")), registry=from_registry)


@pytest.fixture(scope="session")
def applied(from_registry: bool, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """States of the environment, applied under a mock: its examples `dev` and `prod`, and the plan of `growing`."""
    environment = open_terraform(copied(tmp_path_factory.mktemp("applied")), registry=from_registry)
    found: dict[str, Any] = {}
    for size in ("dev", "prod"):
        grown = _GROWN if size == "dev" else ""
        environment.with_test("envs/dev", "applied", WORKLOADS + _APPLIED + grown)
        tested = environment.test(
            "envs/dev",
            "-filter=tests/applied.tftest.hcl",
            f"-var-file=examples/{size}.tfvars",
            "-var=project_id=power-test-1",
        )
        assert tested.failed == 0, tested.said
        found[size] = tested.states[0]
        if tested.plans:
            found["growing"] = tested.plans[0]
    return found


_APPLIED: Final = """
run "applied" {
  variables {
    release = { namespace = "power" }
  }
}
"""
_GROWN: Final = """
run "grown" {
  command = plan
  variables {
    release = { namespace = "power" }
    node_pools = {
      stateful = { machine_type = "n2-standard-8", min_per_zone = 1, max_per_zone = 3, disk_gb = 100, dedicated = true }
      streaming = {
        machine_type = "n2-standard-4"
        max_per_zone = 4
        dedicated    = true
        spot         = true
        zones        = ["europe-west1-b"]
      }
      general = { machine_type = "e2-standard-4", min_per_zone = 2, max_per_zone = 4, labels = { team = "power" } }
    }
    release_channel          = "STABLE"
    maintenance_exclusions   = { december = { start = "2026-12-20T00:00:00Z", end = "2027-01-05T00:00:00Z" } }
    lake_nearline_after_days = 30
    labels                   = { team = "power" }
    analysts                 = { team = "group:analysts@example.org" }
  }
}
"""


@pytest.fixture(scope="session")
def checkov() -> Path:
    """The policy scan, in an environment of its own, which `make test-terraform` makes."""
    program = REPOSITORY / ".venv-policy" / "bin" / "checkov"
    if not program.is_file():
        pytest.fail(f"there is no {program}: make test-terraform installs it")
    return program
