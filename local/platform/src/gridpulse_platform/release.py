"""`python -m gridpulse_platform.release REGISTRY`: images and chart of one version, the chart naming images by digest.

Builds every image and pushes it, writes its digest into the values of a copy of the chart, and pushes that as an OCI
artifact, `oci://REGISTRY/charts/gridpulse`. The commands that build and push images are those of images/build and
images/push.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import yaml

from gridpulse_platform.errors import PlatformError
from gridpulse_platform.helm import ensure_helm
from gridpulse_platform.jars import REPOSITORY
from gridpulse_platform.tools import run_quietly

__all__ = ["ReleaseError", "check_ready", "images_digests", "package_chart", "pinned", "push_chart"]

_CHART: Final = REPOSITORY / "charts" / "gridpulse"
_IMAGES: Final = "gridpulse"
"""What the chart's repositories of images begin with, after the registry."""


class ReleaseError(PlatformError):
    """This can't be released, or not there."""


def check_ready(repository: Path = REPOSITORY) -> str:
    """The version to release. Raises ReleaseError while changelog or working tree say that it is not one yet."""
    version = (repository / "VERSION").read_text(encoding="utf-8").strip()
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    if not any(line.startswith(f"## {version} (") for line in changelog):
        raise ReleaseError(f"CHANGELOG.md has no heading `## {version} (date)`: see docs/releasing.md.")
    status = run_quietly(["git", "status", "--porcelain"], repository)
    if changes := status.stdout or status.stderr:
        raise ReleaseError(f"Images name the commit that they are built from, and this is not one:\n{changes}")
    return version


def images_digests(registry: str) -> dict[str, str]:
    """Build and push every image to `registry`: name -> digest. Raises ReleaseError."""
    environment = {**os.environ, "IMAGE_REPOSITORY": f"{registry}/{_IMAGES}"}
    said = ""
    for step in ("build", "push"):
        # What builders say is for the one who waits; what images/push says, its digests, is for us.
        to = subprocess.PIPE if step == "push" else sys.stderr
        done = subprocess.run(  # noqa: S603 - our own scripts
            [REPOSITORY / "images" / step], check=False, env=environment, stdout=to, text=True
        )
        if done.returncode != 0:
            raise ReleaseError(f"images/{step} has failed.")
        said = done.stdout
    return dict(line.split() for line in said.splitlines())


def pinned(values: str, registry: str, digests: Mapping[str, str]) -> str:
    """The text of the chart's values with a registry and the images' digests in it, its comments as they were.

    Raises ReleaseError if the values and the digests are not about the same images.
    """
    root = yaml.compose(values, yaml.SafeLoader)
    images = _inner(_inner(root, "global"), "images")
    known = {key.value: _inner(image, "digest") for key, image in _inner(images, "of").value}
    if known.keys() != digests.keys():
        raise ReleaseError(f"The chart has the images {sorted(known)}, but there are digests of {sorted(digests)}.")
    places = [(_inner(images, "registry"), registry), *((known[name], digest) for name, digest in digests.items())]
    for node, text in sorted(places, key=lambda place: place[0].start_mark.index, reverse=True):
        values = f'{values[: node.start_mark.index]}"{text}"{values[node.end_mark.index :]}'
    return values


def _inner(node: yaml.Node | None, name: str) -> yaml.Node:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                return value
    raise ReleaseError(f"The chart's values have no {name} where it is looked for.")


def package_chart(helm: Path, registry: str, digests: Mapping[str, str], destination: Path) -> Path:
    """The chart's archive, in `destination`, its links followed and its images pinned. Raises ReleaseError."""
    with tempfile.TemporaryDirectory() as name:
        copy = shutil.copytree(_CHART, Path(name) / _CHART.name)
        values = copy / "values.yaml"
        values.write_text(pinned(values.read_text(encoding="utf-8"), registry, digests), encoding="utf-8")
        done = run_quietly([str(helm), "package", str(copy), "--destination", str(destination)])
        if done.returncode != 0:
            raise ReleaseError(f"The chart can't be packaged: {done.stderr.strip()}")
    return Path(done.stdout.strip().rpartition(": ")[2])


def push_chart(helm: Path, archive: Path, registry: str, flags: Sequence[str] = ()) -> str:
    """Push the archive; `flags` are more of `helm push`. Returns Helm's answer: name, digest. Raises ReleaseError."""
    done = run_quietly([str(helm), "push", str(archive), f"oci://{registry}/charts", *flags])
    if done.returncode != 0:
        raise ReleaseError(f"The chart can't be pushed: {done.stderr.strip()}")
    return (done.stdout + done.stderr).strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Release to the registry that is named. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m gridpulse_platform.release", description=__doc__)
    parser.add_argument("registry", help="as europe-docker.pkg.dev/project/gridpulse; log in before")
    parser.add_argument("--plain-http", action="store_true", help="of the chart, to a registry without TLS")
    given = parser.parse_args(arguments)
    registry: str = given.registry.rstrip("/")
    try:
        version = check_ready()
        helm = ensure_helm()
        digests = images_digests(registry)
        with tempfile.TemporaryDirectory() as name:
            archive = package_chart(helm, registry, digests, Path(name))
            said = push_chart(helm, archive, registry, ["--plain-http"] if given.plain_http else [])
    except PlatformError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's answer
        return 1
    print(f"{said}\nReleased {version}: helm install gridpulse oci://{registry}/charts/gridpulse --version {version}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
