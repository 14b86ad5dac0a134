"""Development on a cluster: programs run from a folder that can be written, and start anew when a file changes."""

import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_platform.waiting import wait_until
from harness.chart import CHART, Chart, named, one
from harness.manifests import check_against_kubernetes

RELOADED: Final = {
    "gridpulse-ingester-default": ["gridpulse_ingester", "run"],
    "gridpulse-query-api": ["gridpulse_query_api"],
    "gridpulse-standin": ["gridpulse_standin"],
}
SECONDS: Final = 20
PROGRAM: Final = """
import signal, sys, time
from gridpulse_probe.word import WORD
signal.signal(signal.SIGTERM, lambda *_: (print("stopped", WORD, flush=True), sys.exit()))
print("started", WORD, sys.argv[1:], flush=True)
while True:
    time.sleep(60)
"""


def test_programs_run_from_a_copy_and_all_else_stays_as_it_is(chart: Chart) -> None:
    made = chart.template("kind", {"global": {"development": {"reload": True}}})
    assert check_against_kubernetes(made, "1.34") > 10
    script = one(made, "ConfigMap", "gridpulse-development")["data"]["reload.py"]
    assert script == (CHART / "files" / "reload.py").read_text(encoding="utf-8")
    without = named(chart.template("kind"), "Deployment")
    for name, spec in named(made, "Deployment").items():
        pod, before = spec["template"]["spec"], without[name]["template"]["spec"]
        container, container_before = pod["containers"][0], before["containers"][0]
        assert container["command"][:3] == ["python3", "/etc/gridpulse/development/reload.py", "/opt/gridpulse/live"]
        assert container["command"][3:] == RELOADED[name] == container_before["command"][2:]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert names(pod["volumes"]) - names(before["volumes"]) == {"live", "development"}
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert (mounts["live"], mounts["development"]) == ("/opt/gridpulse/live", "/etc/gridpulse/development")
        assert "livenessProbe" not in container  # a program that a mistake has stopped waits for its correction
        for key in ("volumeMounts", "command"):
            del container[key], container_before[key]
        for key in ("startupProbe", "livenessProbe"):
            container_before.pop(key, None)
        del pod["volumes"], before["volumes"]
        assert spec == without[name]


def names(things: list[dict[str, Any]]) -> set[str]:
    return {thing["name"] for thing in things}


@dataclass(frozen=True)
class Image:
    """A Python with the package `gridpulse_probe`, and what runs from it."""

    python: Path
    live: Path
    log: Path

    @contextmanager
    def running(self) -> Generator[subprocess.Popen[bytes]]:
        command = [self.python, CHART / "files" / "reload.py", self.live, "gridpulse_probe", "one", "two"]
        with self.log.open("ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as program:
            try:
                yield program
            finally:
                program.terminate()
                program.wait(SECONDS)

    def says(self, *lines: str) -> Callable[[], bool]:
        return lambda: self.lines()[-len(lines) :] == [*lines]

    def lines(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()

    def write(self, word: str) -> None:
        (self.live / "gridpulse_probe" / "word.py").write_text(f"{word}\n", encoding="utf-8")


@pytest.fixture
def image(tmp_path: Path) -> Image:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True, timeout=60)
    package = venv / "lib" / "python3.11" / "site-packages" / "gridpulse_probe"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    (package / "word.py").write_text("WORD = 'first'\n", encoding="utf-8")
    live = tmp_path / "live"
    live.mkdir()
    return Image(venv / "bin" / "python3", live, tmp_path / "log")


FIRST: Final = "started first ['one', 'two']"
SECOND: Final = "started second ['one', 'two']"
CHANGED: Final = "reload: files have changed"


def test_a_changed_file_starts_the_program_anew_in_order(image: Image) -> None:
    with image.running() as program:
        wait_until(image.says(FIRST), SECONDS, "the first start")
        image.write("WORD = 'second'")
        wait_until(image.says(FIRST, CHANGED, "stopped first", SECOND), SECONDS, "the second start")
        program.terminate()
        assert program.wait(SECONDS) == 0
    assert image.lines()[-1] == "stopped second"


def test_a_mistake_waits_for_its_correction(image: Image) -> None:
    with image.running() as program:
        wait_until(image.says(FIRST), SECONDS, "the first start")
        image.write("WORD = ")
        ended = "reload: ended with 1; the next change starts it again"
        wait_until(image.says(ended), SECONDS, "the end")
        assert program.poll() is None
        image.write("WORD = 'second'")
        wait_until(image.says(CHANGED, SECOND), SECONDS, "the second start")


def test_a_container_that_starts_again_keeps_what_was_written(image: Image) -> None:
    with image.running():
        wait_until(image.says(FIRST), SECONDS, "the first start")
        image.write("WORD = 'second'")
        wait_until(image.says(SECOND), SECONDS, "the second start")
    with image.running():
        wait_until(image.says("stopped second", SECOND), SECONDS, "the start of the container")
