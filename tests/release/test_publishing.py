"""A release, in a registry on loopback: images pushed by images/push, and a chart that names them by digest."""

import re
import subprocess
import sys
import tarfile
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from gridpulse_platform import release
from gridpulse_platform.release import ReleaseError, check_ready, package_chart, pinned
from harness.chart import CHART, Chart, Resource, containers
from harness.locks import REPOSITORY, VERSION
from harness.registry import Registry

NAMES: Final = ("ingester", "query-api", "schema", "spark", "standin")
DIGESTS: Final = {name: f"sha256:{index:064x}" for index, name in enumerate(NAMES, start=1)}
VALUES: Final = (CHART / "values.yaml").read_text(encoding="utf-8")


def images_of(resources: list[Resource]) -> set[str]:
    """Every reference to an image of ours, in a pod or for the pods that Airflow starts."""
    found = {str(container["image"]) for _, container in containers(resources) if "image" in container}
    for resource in resources:
        if resource["kind"] == "SparkApplication":
            found.add(resource["spec"]["image"])
        for name, value in resource.get("data", {}).items() if resource["kind"] == "ConfigMap" else ():
            if name.endswith("_IMAGE"):
                found.add(value)
    return {image for image in found if "gridpulse/" in image}


def test_values_are_pinned_and_all_else_is_as_it_was() -> None:
    made = pinned(VALUES, "registry.example/project", DIGESTS)
    images = yaml.safe_load(made)["global"]["images"]
    assert images["registry"] == "registry.example/project"
    assert {name: image["digest"] for name, image in images["of"].items()} == DIGESTS
    before, after = VALUES.splitlines(), made.splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 1 + len(NAMES)
    assert all(re.fullmatch(r' +(registry|digest): ""', old) for old, _ in changed)


@pytest.mark.parametrize("wrong", [{}, {**DIGESTS, "other": "sha256:0"}], ids=["too few", "too many"])
def test_digests_of_other_images_are_refused(wrong: Mapping[str, str]) -> None:
    with pytest.raises(ReleaseError, match="The chart has the images"):
        pinned(VALUES, "registry.example", wrong)


def test_the_archive_of_a_release_names_every_image_by_digest(chart: Chart, tmp_path: Path) -> None:
    archive = package_chart(chart.helm, "registry.example/project", DIGESTS, tmp_path)
    assert archive == tmp_path / f"gridpulse-{VERSION}.tgz"
    made = chart.template("everything", {"global": {"images": {"registry": "registry.example/project"}}}, chart=archive)
    pinned_by = {f"registry.example/project/gridpulse/{name}:{VERSION}@{DIGESTS[name]}" for name in NAMES}
    # The profile pins one image itself.
    assert {image for image in images_of(made) if "/ingester" not in image} == {
        image for image in pinned_by if "/ingester" not in image
    }
    assert images_of(chart.template("kind", chart=archive)) == pinned_by
    with tarfile.open(archive) as inside:
        names = set(inside.getnames())
        assert {"gridpulse/LICENSE", "gridpulse/NOTICE"} <= names
        assert not any(member.issym() for member in inside)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments], cwd=folder, check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small one, that is ready to be released as 1.2.3."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "VERSION").write_text("1.2.3\n", encoding="utf-8")
    (folder / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.3 (2026-12-01)\n", encoding="utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "all")
    return folder


def test_a_version_that_is_committed_and_described_can_be_released(repository: Path) -> None:
    assert check_ready(repository) == "1.2.3"


def test_what_is_not_committed_is_not_released(repository: Path) -> None:
    (repository / "new").touch()
    with pytest.raises(ReleaseError, match="new"):
        check_ready(repository)


def test_a_version_without_a_word_in_the_changelog_is_not_released(repository: Path) -> None:
    (repository / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased (1.2.3)\n", encoding="utf-8")
    git(repository, "commit", "--all", "--quiet", "--message", "not yet")
    with pytest.raises(ReleaseError, match=r"CHANGELOG.md has no heading `## 1\.2\.3"):
        check_ready(repository)


def test_a_push_that_names_no_digest_is_an_error() -> None:
    done = subprocess.run(
        [REPOSITORY / "images" / "push", "ingester"],
        check=False,
        env={"PATH": "/usr/bin:/bin", "IMAGE_REPOSITORY": "registry.example/gridpulse", "IMAGE_PUSH": "echo pushed"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "does not say which digest registry.example/gridpulse/ingester:" in done.stderr


@pytest.fixture
def registry(crane: Path, tmp_path: Path) -> Generator[Registry]:
    with Registry(crane, tmp_path) as running:
        yield running


BUILD: Final = """
import pathlib, subprocess, sys, tarfile
_, crane, folder, _, dockerfile, _, image, *_ = sys.argv
layer, archive = (pathlib.Path(folder, f"{image.replace('/', '_')}.{end}") for end in ("layer", "tar"))
with tarfile.open(layer, "w") as tar:
    tar.add(dockerfile, arcname="Dockerfile")
subprocess.run([crane, "append", "--oci-empty-base", "-f", layer, "-t", image, "-o", archive], check=True)
"""
"""Stands for `docker build`: an image that holds its Dockerfile."""
PUSH: Final = """
import pathlib, subprocess, sys
_, crane, folder, image = sys.argv
subprocess.run([crane, "push", pathlib.Path(folder, f"{image.replace('/', '_')}.tar"), image], check=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_release_can_be_installed_from_its_registry(
    registry: Registry, crane: Path, chart: Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, program in (("IMAGE_BUILD", BUILD), ("IMAGE_PUSH", PUSH)):
        script = tmp_path / f"{variable}.py"
        script.write_text(program, encoding="utf-8")
        monkeypatch.setenv(variable, f"{sys.executable} {script} {crane} {tmp_path}")
    monkeypatch.setattr(release, "check_ready", lambda: VERSION)
    monkeypatch.setenv("HOME", str(tmp_path))  # no logins of whoever runs this
    assert release.main([registry.address, "--plain-http"]) == 0

    digests = {name: registry.crane("digest", f"{registry.address}/gridpulse/{name}:{VERSION}") for name in NAMES}
    assert len(set(digests.values())) == len(NAMES)
    where = [f"oci://{registry.address}/charts/gridpulse", "--version", VERSION, "--plain-http"]
    shown = chart.run("show", "chart", *where)
    described: dict[str, Any] = yaml.safe_load(shown.stdout)
    assert (described["version"], described["appVersion"]) == (VERSION, VERSION)
    assert described["annotations"]["artifacthub.io/license"] == "Apache-2.0"

    kind = ["--values", str(CHART / "values-kind.yaml"), "--set", "global.checkApis=false"]
    done = chart.run("template", "gridpulse", *where, *kind)
    assert done.returncode == 0, done.stderr
    made = [resource for resource in yaml.safe_load_all(done.stdout) if resource]
    assert images_of(made) == {
        f"{registry.address}/gridpulse/{name}:{VERSION}@{digest}" for name, digest in digests.items()
    }
