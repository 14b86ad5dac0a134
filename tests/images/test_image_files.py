"""What can be said of the images without building them: their files agree with each other and with who starts them."""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pyspark
import pytest

from gridpulse_platform import ensure_jars
from harness.locks import REPOSITORY, VERSION, pins

DOCKERFILES: Final = {path.parent.name: path for path in sorted(REPOSITORY.glob("[!.]*/**/Dockerfile"))}
PODS: Final = (REPOSITORY / "airflow" / "dags" / "gridpulse_dags" / "pods.py").read_text(encoding="utf-8")
each_image: Final = pytest.mark.parametrize("name", DOCKERFILES)


def instructions(name: str) -> list[tuple[str, str]]:
    """(instruction, its arguments) of a Dockerfile, in order."""
    text = DOCKERFILES[name].read_text(encoding="utf-8").replace("\\\n", " ")
    return [(word, rest.strip()) for word, rest in re.findall(r"^([A-Z]+) (.*)$", text, flags=re.MULTILINE)]


def last_stage(name: str) -> list[tuple[str, str]]:
    """What the image itself is made of."""
    every = instructions(name)
    return every[max(index for index, (word, _) in enumerate(every) if word == "FROM") :]


def constant(name: str) -> str:
    """A constant of the module that makes the DAGs' pods, which can be imported only beside Airflow."""
    found = re.search(rf'^{name}: Final = "?(.*?)"?$', PODS, flags=re.MULTILINE)
    assert found, name
    return found.group(1)


def test_the_builder_lists_every_image() -> None:
    listed = subprocess.run([REPOSITORY / "images" / "build", "--list"], check=True, capture_output=True, text=True)
    assert sorted(listed.stdout.split()) == sorted(DOCKERFILES) != []


def test_the_builder_refuses_an_image_that_there_is_not() -> None:
    done = subprocess.run(
        [REPOSITORY / "images" / "build", "nothing"], check=False, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 2
    assert "there is no image nothing" in done.stderr


def test_the_builder_gives_the_command_file_name_and_labels(tmp_path: Path) -> None:
    recorder = tmp_path / "build"
    recorder.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\n', encoding="utf-8")
    recorder.chmod(0o755)
    subprocess.run(
        [REPOSITORY / "images" / "build", "query-api", "ingester"],
        check=True,
        env={"PATH": "/usr/bin:/bin", "IMAGE_BUILD": f"{recorder} --quiet", "IMAGE_TAG": "t1"},
        timeout=30,
    )
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert [re.sub(r"REVISION=\S+", "REVISION=", call) for call in calls] == [
        f"--quiet -f services/{name}/Dockerfile -t gridpulse/{name}:t1 "
        f"--build-arg VERSION={VERSION} --build-arg REVISION= ."
        for name in ("ingester", "query-api")
    ]


@each_image
def test_an_image_runs_as_a_number_and_without_a_shell(name: str) -> None:
    stage = last_stage(name)
    assert [value for word, value in stage if word == "USER"] == ["10001:10001"]
    commands = [json.loads(value) for word, value in stage if word in ("ENTRYPOINT", "CMD")]
    assert commands
    assert all(isinstance(command, list) for command in commands)


@each_image
def test_every_stage_begins_with_the_base_that_a_release_can_pin(name: str) -> None:
    every = instructions(name)
    assert every[0] == ("ARG", "PYTHON_IMAGE=python:3.11-slim-bookworm")
    assert {value.split()[0] for word, value in every if word == "FROM"} == {"${PYTHON_IMAGE}"}


@each_image
def test_an_image_says_what_it_is(name: str) -> None:
    labels = " ".join(value for word, value in last_stage(name) if word == "LABEL")
    for label in ("title", "description", "version", "revision", "licenses"):
        assert f"org.opencontainers.image.{label}=" in labels


def test_nothing_gets_into_a_build_unnamed() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    for rule in rules[1:]:
        assert rule.startswith(("!", "**/")), rule
        assert not rule.startswith("!") or (REPOSITORY / rule[1:]).exists(), rule


@pytest.mark.parametrize(
    "part", ["contract", "ingester", "platform", "query-api", "schema", "servicekit", "spark", "standin"]
)
def test_every_package_has_the_version_of_the_product(part: str) -> None:
    assert version(f"gridpulse-{part}") == VERSION


def test_the_dags_find_in_the_spark_image_what_they_start() -> None:
    copied = {value.split()[-1] for word, value in last_stage("spark") if word == "COPY"}
    assert {constant("JOBS_DIR"), constant("JARS_DIR")} <= copied
    assert constant("USER_ID") == "10001"
    assert constant("_SPARK_VERSION") == pins("spark/requirements.txt")["pyspark"]


def test_no_jar_shadows_one_of_sparks_own() -> None:
    # The class path of a SparkApplication has ours first: an older commons-lang3 there kept executors from starting.
    def artifacts(names: Iterable[str]) -> set[str]:
        return {re.sub(r"-[0-9][^_]*$", "", name) for name in names}

    ours = artifacts((REPOSITORY / "spark" / "jars.sha256").read_text(encoding="utf-8").split()[1::2])
    sparks = artifacts(path.name for path in (Path(pyspark.__file__).parent / "jars").glob("*.jar"))
    assert len(sparks) > 200
    assert ours & sparks == set()


@pytest.mark.engines
def test_the_checksums_are_those_of_the_jars_that_are_tested_here() -> None:
    folder = ensure_jars("spark")
    lines = (REPOSITORY / "spark" / "jars.sha256").read_text(encoding="utf-8").splitlines()
    expected = {name: digest for digest, name in (line.split() for line in lines)}
    assert {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.glob("*.jar")} == expected
