"""Where Skaffold, crane and OpenTofu come from: the system's, or built once by Go."""

from pathlib import Path

import pytest

from gridpulse_platform.errors import PreflightError, ProvisionError
from gridpulse_platform.gotools import ensure_crane, ensure_skaffold, ensure_terraform

GO = 'echo "$PWD $*" >>"$CALLS"; while [ "$1" != -o ]; do shift; done; echo "built" >"$2"'


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all programs that this system has."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return folder


def program(system: Path, name: str, script: str) -> Path:
    path = system / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_skaffold_that_knows_the_schema_is_used(system: Path, tmp_path: Path) -> None:
    found = program(system, "skaffold", "echo v2.17.0")
    assert ensure_skaffold(home=tmp_path) == found


def test_an_older_one_is_not_and_what_to_install_is_said(system: Path, tmp_path: Path) -> None:
    program(system, "skaffold", "echo v2.9.0")
    with pytest.raises(PreflightError, match=r"install skaffold, or Go 1\.\d+\.\d+ or later"):
        ensure_skaffold(home=tmp_path)


def test_it_is_built_once_at_its_pinned_version(system: Path, tmp_path: Path) -> None:
    program(system, "go", GO)
    built = ensure_skaffold(home=tmp_path)
    assert built == tmp_path / "tools" / "skaffold-v2.16.1"
    assert built.read_text(encoding="utf-8") == "built\n"
    assert ensure_skaffold(home=tmp_path) == built
    (call,) = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert "gridpulse_platform/go/skaffold build " in call
    assert "version.version=v2.16.1 " in call
    assert call.endswith(" github.com/GoogleContainerTools/skaffold/v2/cmd/skaffold")


def test_a_build_that_fails_leaves_nothing(system: Path, tmp_path: Path) -> None:
    program(system, "go", "echo no network >&2; exit 1")
    with pytest.raises(ProvisionError, match="crane can't be built: no network"):
        ensure_crane(home=tmp_path)
    assert [path.name for path in (tmp_path / "tools").iterdir()] == ["crane-v0.20.3.lock"]


@pytest.mark.parametrize(("name", "says"), [("terraform", "Terraform v1.11.4"), ("tofu", "OpenTofu v1.9.0")])
def test_a_terraform_that_is_new_enough_is_used(system: Path, tmp_path: Path, name: str, says: str) -> None:
    program(system, "go", "exit 1")
    found = program(system, name, f"echo {says}; echo on linux_amd64")
    assert ensure_terraform(home=tmp_path) == found


def test_without_one_opentofu_is_built_as_a_release(system: Path, tmp_path: Path) -> None:
    program(system, "terraform", "echo Terraform v1.8.5")
    program(system, "go", GO)
    assert ensure_terraform(home=tmp_path) == tmp_path / "tools" / "tofu-v1.12.6"
    call = (tmp_path / "calls").read_text(encoding="utf-8")
    assert "gridpulse_platform/go/tofu build " in call
    assert "opentofu/version.dev=no " in call
    assert call.endswith(" github.com/opentofu/opentofu/cmd/tofu\n")
