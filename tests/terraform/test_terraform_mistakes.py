"""What `make test-terraform` must find: each mistake makes something fail, with a sentence."""

import subprocess
from pathlib import Path

import pytest

from harness.cloud_policy import violations
from harness.terraform import COMMAND_SECONDS, Terraform, resources_of

from .conftest import WORKLOADS

pytestmark = pytest.mark.terraform


def spoil(copy: Terraform, file: str, right: str, wrong: str) -> None:
    """Replace what must be there in a file of the copy."""
    path: Path = copy.folder / file
    text = path.read_text(encoding="utf-8")
    assert right in text, f"{file} has no {right}"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("module", "right", "wrong", "sentence"),
    [
        ("storage", "uniform_bucket_level_access =", "uniform_level_access =", "Unsupported argument"),
        ("storage", "  location                    = var.location\n", "", "Missing required argument"),
        ("registry", "immutable_tags = true", 'immutable_tags = ["yes"]', "Incorrect attribute value type"),
        ("gke", "  release_channel {", "  release_chanel {", "Unsupported block type"),
        ("network", "google_compute_router_nat", "google_compute_nat", "Invalid resource type"),
        ("identity", "var.kms_key == null", "var.kms_keys == null", "Reference to undeclared input variable"),
    ],
)
def test_what_the_provider_does_not_know(copy: Terraform, module: str, right: str, wrong: str, sentence: str) -> None:
    spoil(copy, f"modules/{module}/main.tf", right, wrong)
    done = copy.validate(f"modules/{module}")
    assert done.returncode != 0
    assert sentence in done.stderr


def test_a_primitive_role_of_a_workload(copy: Terraform) -> None:
    spoil(copy, "envs/dev/main.tf", '"roles/bigquery.jobUser"', '"roles/editor"')
    done = copy.validate("envs/dev")
    assert done.returncode != 0
    assert "open the whole project: name the roles that the workload needs" in " ".join(done.stderr.split())


def test_a_cluster_without_protection(copy: Terraform) -> None:
    spoil(copy, "modules/gke/main.tf", "deletion_protection = var.deletion_protection", "deletion_protection = false")
    tested = copy.test("modules/gke")
    assert tested.failed
    assert "The cluster can be destroyed by a slip." in tested.said


@pytest.mark.parametrize(
    ("module", "right", "wrong", "problem"),
    [
        (
            "dataproc",
            "google_project_iam_custom_role.machine.name",
            '"roles/editor"',
            "has the primitive role roles/editor",
        ),
        ("network", "[var.ranges.control_plane]", '["0.0.0.0/0"]', "is open to every address"),
        ("dataproc", "internal_ip_only       = true", "internal_ip_only       = false", "has public machines"),
        ("storage", '= "enforced"', '= "inherited"', "can be opened to the public"),
        ("registry", "member     = each.value", 'member     = "allUsers"', "is for everyone"),
    ],
)
def test_what_no_variable_guards(copy: Terraform, module: str, right: str, wrong: str, problem: str) -> None:
    """Written into a module by hand: the rules over what would be made see it."""
    root = f"modules/{module}"
    spoil(copy, f"{root}/main.tf", right, wrong)
    first = next((copy.folder / root / "tests").glob("*.hcl")).read_text(encoding="utf-8")
    variables = first[first.index("\nvariables {") : first.index("\nrun ")]
    copy.with_test(root, "applied", f'{WORKLOADS}{variables}\nrun "applied" {{}}\n')
    tested = copy.test(root, "-filter=tests/applied.tftest.hcl")
    assert tested.failed == 0, tested.said
    found = violations(resources_of(tested.states[0]))
    assert any(line.endswith(problem) for line in found), found


def test_formatting(copy: Terraform) -> None:
    spoil(copy, "modules/storage/main.tf", "  project                     =", "  project =")
    assert copy.run(".", "fmt", "-check", "-recursive").returncode != 0


def test_the_policy_scan_finds_what_was_opened(copy: Terraform, checkov: Path) -> None:
    spoil(copy, "modules/storage/main.tf", "= true\n  public_access_prevention", "= false\n  public_access_prevention")
    done = subprocess.run(
        [checkov, "--directory", copy.folder / "modules" / "storage", "--framework", "terraform", "--compact",
         "--quiet", "--skip-download"],
        check=False, capture_output=True, text=True, timeout=COMMAND_SECONDS,
    )  # fmt: skip
    assert done.returncode == 1
    assert "CKV_GCP_29" in done.stdout
