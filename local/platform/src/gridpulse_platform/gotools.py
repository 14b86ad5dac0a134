"""Programs that are built from Go modules: Skaffold; crane, a small registry of images with its client; OpenTofu.

Each has a folder in `go/` with a go.mod, which pins it, and a go.sum, against which Go checks all that it fetches. What
was built is kept; a changed pin builds anew.
"""

import re
import shutil
from pathlib import Path
from typing import Final, Literal

from gridpulse_platform.errors import PreflightError, ProvisionError
from gridpulse_platform.jars import DEFAULT_HOME
from gridpulse_platform.tools import kept_tool, run_quietly

__all__ = ["ensure_crane", "ensure_skaffold", "ensure_terraform"]

_MODULES: Final = Path(__file__).parent / "go"
_BUILD_TIMEOUT_SECONDS: Final = 3600.0  # where others have the processors, too
_OLDEST_SKAFFOLD: Final = (2, 16)  # the first that knows the schema of skaffold.yaml
_SKAFFOLDS_STAMP: Final = "github.com/GoogleContainerTools/skaffold/v2/pkg/skaffold/version.version={version}"
_OLDEST_TERRAFORM: Final = (1, 9)  # the first whose variables may be judged by one another
_TOFUS_STAMP: Final = "github.com/opentofu/opentofu/version.dev=no"  # else it is older than its own version


def ensure_skaffold(*, home: Path = DEFAULT_HOME) -> Path:
    """Where it is: the system's if it is new enough, or one built here, which takes minutes the first time.

    Raises PreflightError where there is no Go to build it, ProvisionError where that should have worked.
    """
    found = shutil.which("skaffold")
    if found:
        said = re.match(r"v(\d+)\.(\d+)\.", run_quietly([found, "version"]).stdout)
        if said and (int(said[1]), int(said[2])) >= _OLDEST_SKAFFOLD:
            return Path(found)
    return _built("skaffold", stamp=_SKAFFOLDS_STAMP, home=home)


def ensure_crane(*, home: Path = DEFAULT_HOME) -> Path:
    """Where it is: the system's, or one that is built here. Raises as `ensure_skaffold` does."""
    found = shutil.which("crane")
    return Path(found) if found else _built("crane", home=home)


def ensure_terraform(*, home: Path = DEFAULT_HOME) -> Path:
    """Where Terraform or OpenTofu is: the system's if it is new enough, or an OpenTofu that is built here in minutes.

    Raises as `ensure_skaffold` does.
    """
    for name in ("terraform", "tofu"):
        found = shutil.which(name)
        if found:
            said = re.match(r"(?:Terraform|OpenTofu) v(\d+)\.(\d+)\.", run_quietly([found, "version"]).stdout)
            if said and (int(said[1]), int(said[2])) >= _OLDEST_TERRAFORM:
                return Path(found)
    return _built("tofu", stamp=_TOFUS_STAMP, home=home)


def _built(name: Literal["skaffold", "crane", "tofu"], *, stamp: str | None = None, home: Path) -> Path:
    module = _MODULES / name
    text = (module / "go.mod").read_text(encoding="utf-8")
    package = _matched(r"^tool (\S+)$", text)
    version = max(
        (pin for pin in re.findall(r"^\t?(?:require )?(\S+) (v\S+)", text, re.MULTILINE) if package.startswith(pin[0])),
        key=lambda pin: len(pin[0]),
    )[1]
    oldest_go = _matched(r"^go (\S+)$", text)

    def build(program: Path) -> None:
        go = shutil.which("go")
        if go is None:
            raise PreflightError(f"{name} is not here: install {name}, or Go {oldest_go} or later, which builds it.")
        flags = "-s -w" + (f" -X {stamp.format(version=version)}" if stamp else "")
        aside = program.with_suffix(".partial")
        done = run_quietly(
            [go, "build", "-trimpath", "-ldflags", flags, "-o", str(aside), package],
            module,
            timeout_seconds=_BUILD_TIMEOUT_SECONDS,
        )
        if done.returncode != 0:
            raise ProvisionError(f"{name} can't be built: {done.stderr.strip()[-1000:]}")
        aside.rename(program)

    return kept_tool(f"{name}-{version}", build, home=home)


def _matched(pattern: str, text: str) -> str:
    found = re.search(pattern, text, flags=re.MULTILINE)
    if found is None:
        raise ProvisionError(f"There is nothing like {pattern} in a go.mod.")
    return found[1]
