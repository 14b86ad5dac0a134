"""Terraform on a copy of infra/terraform: with the real provider, or one that knows its schema and nothing else."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gridpulse_platform.gotools import ensure_terraform
from gridpulse_platform.jars import DEFAULT_HOME, REPOSITORY, locked

__all__ = [
    "COMMAND_SECONDS",
    "REFERENCE",
    "ROOTS",
    "TERRAFORM",
    "Terraform",
    "Tested",
    "copied",
    "open_terraform",
    "resources_of",
]

TERRAFORM: Final = REPOSITORY / "infra" / "terraform"
ROOTS: Final = tuple(
    sorted(
        str(file.parent.relative_to(TERRAFORM))
        for file in TERRAFORM.glob("**/versions.tf")
        if ".terraform" not in file.parts
    )
)
"""Folders that are checked: the bootstrap, every module, every environment."""
_GIVEN: Final = os.environ.get("GRIDPULSE_REFERENCE_DIR")
REFERENCE: Final = (Path(_GIVEN) if _GIVEN else REPOSITORY.parent / "shared") / "terraform-offline"
"""What makes a provider that knows the schema and nothing else."""
_ADDED: Final = Path(__file__).with_name("terraform_provider.go")
COMMAND_SECONDS: Final = 580
"""A command has these, since it may have to wait for whoever has the processors."""
_BUILD_TIMEOUT_SECONDS: Final = 1800
_NEEDED: Final = ("infra/terraform", "bigquery", "VERSION")

Json = dict[str, Any]


@dataclass(frozen=True)
class Tested:
    """What `terraform test` said."""

    passed: int
    failed: int
    said: str
    """Everything that it printed for people."""
    states: tuple[Json, ...]
    """The states of the runs that applied, in order: `outputs`, and resources by `resources_of`."""
    plans: tuple[Json, ...]
    """Those of the runs that planned."""


@dataclass(frozen=True)
class Terraform:
    """The command on the folders of one copy."""

    program: Path
    folder: Path
    environment: Mapping[str, str]
    offline: bool

    def run(self, root: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it in a folder, to whatever end."""
        return subprocess.run(
            [str(self.program), *arguments],
            check=False,
            cwd=self.folder / root,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )

    def validate(self, root: str) -> subprocess.CompletedProcess[str]:
        """`terraform validate`, after what it needs."""
        # A provider that is given as a development override needs no init, which would ask a registry.
        prepare = ["get"] if self.offline else ["init", "-backend=false", "-input=false"]
        ready = self.run(root, *prepare, "-no-color")
        return ready if ready.returncode != 0 else self.run(root, "validate", "-no-color")

    def test(self, root: str, *arguments: str) -> Tested:
        """`terraform test`, after `validate`. An AssertionError where it can't even start."""
        valid = self.validate(root)
        assert valid.returncode == 0, valid.stdout + valid.stderr
        done = self.run(root, "test", "-json", "-verbose", *arguments)
        messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        (summary,) = [each["test_summary"] for each in messages if each["type"] == "test_summary"] or [{}]
        said = [f"{each['@message']} {each.get('diagnostic', {}).get('detail', '')}" for each in messages]
        return Tested(
            passed=summary.get("passed", 0),
            failed=summary.get("failed", 0) + summary.get("errored", 0) + summary.get("skipped", 0),
            said=re.sub(r"\s+", " ", " ".join(said)) + done.stderr,
            # OpenTofu has them in an envelope.
            states=tuple(
                each["test_state"].get("values", each["test_state"])
                for each in messages
                if each["type"] == "test_state"
            ),
            plans=tuple(each["test_plan"] for each in messages if each["type"] == "test_plan"),
        )

    def with_test(self, root: str, name: str, text: str) -> None:
        """Add a file of tests to the copy."""
        (self.folder / root / "tests" / f"{name}.tftest.hcl").write_text(text, encoding="utf-8")


def copied(to: Path) -> Path:
    """infra/terraform below `to`, beside what it reads of the repository."""
    for name in _NEEDED:
        source, target = REPOSITORY / name, to / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfplan"))
        else:
            shutil.copy(source, target)
    return to / "infra" / "terraform"


def resources_of(state: Json) -> Iterator[Json]:
    """Resources of a state (address, type, values), those of its modules too; no data sources."""
    modules = [state["root_module"]]
    while modules:
        module = modules.pop()
        yield from (each for each in module.get("resources", ()) if each["mode"] == "managed")
        modules += module.get("child_modules", ())


def _schema_only_provider() -> Path:
    """The folder of the program of a provider that knows the schema alone; made once, in a minute."""
    sources = [*sorted(path for path in REFERENCE.rglob("*") if path.is_file()), _ADDED]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    mirror = DEFAULT_HOME / "tools" / f"terraform-provider-{digest}"
    mirror.parent.mkdir(parents=True, exist_ok=True)
    with locked(mirror.with_suffix(".lock")), tempfile.TemporaryDirectory() as name:
        if not mirror.is_dir():
            # A copy, since the sources may be read-only.
            for source in sources[:-1]:
                target = Path(name) / source.relative_to(REFERENCE)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read_bytes())
            shutil.copy(_ADDED, Path(name) / "provider" / "harness.go")
            script = ["bash", f"{name}/mirror", f"{name}/made"]
            done = subprocess.run(script, check=False, capture_output=True, text=True, timeout=_BUILD_TIMEOUT_SECONDS)
            assert done.returncode == 0, done.stderr[-2000:]
            shutil.move(f"{name}/made", mirror)
    (program,) = mirror.glob("*/*/google/*/*/terraform-provider-google_*")
    return program.parent


def open_terraform(folder: Path, *, registry: bool) -> Terraform:
    """Terraform on a copy; with the provider of a registry, or the one that knows the schema."""
    # Terraform and provider read a large schema again and again; a third of their time would be collecting garbage.
    environment = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "GOGC": "400"}
    if not registry:
        settings = folder / "terraform.rc"
        provider = _schema_only_provider()
        settings.write_text(
            f'provider_installation {{\n  dev_overrides {{\n    "hashicorp/google" = "{provider}"\n  }}\n}}\n',
            encoding="utf-8",
        )
        environment["TF_CLI_CONFIG_FILE"] = str(settings)
    return Terraform(ensure_terraform(), folder, environment, offline=not registry)
