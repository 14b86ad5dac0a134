"""The command behind `make run`, as a person uses it: it ends on Ctrl-C, goes on from its data, and says what broke."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from gridpulse_platform import free_port, loopback, wait_until
from gridpulse_platform.jars import DEFAULT_HOME, ensure_jars
from gridpulse_platform.settings import PlatformSettings

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(600)]

_UP_SECONDS = 240
_STOP_SECONDS = 60
_LOOPBACK = {"127.0.0.1", "::ffff:127.0.0.1", "::1"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A folder of its own, with the packages that are there already, and free ports."""
    home = tmp_path_factory.mktemp("home")
    for name in ("kafka", "cassandra", "spark"):
        ensure_jars(name)
    (home / "jars").symlink_to(DEFAULT_HOME / "jars")
    ports = {
        f"GRIDPULSE_PLATFORM_{name.upper()}": str(free_port())
        for name in PlatformSettings.model_fields
        if name.endswith("_port")
    }
    kept = {name: value for name, value in os.environ.items() if name != "ELECTRICITY_MAPS_TOKEN"}
    return {**kept, **ports, "GRIDPULSE_PLATFORM_HOME": str(home), "GRIDPULSE_PLATFORM_HISTORY_DAYS": "2"}


def listening_addresses(process: psutil.Process) -> set[str]:
    connections = process.net_connections("tcp")
    return {connection.laddr[0] for connection in connections if connection.status == psutil.CONN_LISTEN}


class Run:
    """A running `python -m gridpulse_platform run`, with what it has printed so far."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process = process
        self._output = output

    def text(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def wait_until_up(self) -> None:
        wait_until(lambda: "Ctrl-C stops" in self.text() or self.process.poll() is not None, _UP_SECONDS, "data")
        assert self.process.poll() is None, self.text()

    def parts(self) -> dict[str, psutil.Process]:
        rows = re.findall(r"│ ([\w -]+?) +│ \S+ +│ +(\d+) │", self.text())
        return {name: psutil.Process(int(pid)) for name, pid in rows}


@contextmanager
def running(environment: dict[str, str], folder: Path, *arguments: str) -> Generator[Run]:
    output = folder / f"run-{time.monotonic_ns()}.txt"
    command = [sys.executable, "-m", "gridpulse_platform", "run", "--zones", "DE", *arguments]
    with output.open("wb") as stream:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        yield Run(process, output)
    finally:
        process.kill()
        process.wait()


def test_ctrl_c_stops_everything_in_seconds_and_the_next_run_goes_on_from_the_data(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with running(environment, tmp_path) as first:
        first.wait_until_up()
        parts = first.parts()
        assert set(parts) == {"stand-in", "ingester", "kafka", "streaming", "cassandra", "query API"}
        api = f"http://127.0.0.1:{environment['GRIDPULSE_PLATFORM_QUERY_API_PORT']}"
        assert loopback.get(f"{api}/v1/zones/DE/power-breakdown/latest").json()["zone"] == "DE"
        page = re.search(r"^Look at it: (\S+)$", first.text(), flags=re.MULTILINE)
        assert page, first.text()
        assert page[1].startswith(api)
        assert loopback.get(page[1]).headers["content-type"].startswith("text/html")

        with running(environment, tmp_path) as second:
            assert second.process.wait(60) == 1
            assert (
                f"runs already in {environment['GRIDPULSE_PLATFORM_HOME']} (process {first.process.pid})"
                in second.text()
            )

        family = psutil.Process(first.process.pid).children(recursive=True)
        assert {address for process in family for address in listening_addresses(process)} <= _LOOPBACK
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(_STOP_SECONDS) == 0, first.text()
        assert not [process for process in family if process.is_running()]

    # The stand-in is not asked for what is in Kafka already, nor is anything written twice: the data are just there.
    with running(environment, tmp_path, "--once") as again:
        assert again.process.wait(_UP_SECONDS + _STOP_SECONDS) == 0, again.text()
        assert "data of all zones are readable" in again.text()
        assert "everything is stopped" in again.text()


def test_a_part_that_dies_ends_the_run_with_its_name_and_log(environment: dict[str, str], tmp_path: Path) -> None:
    with running(environment, tmp_path) as run:
        run.wait_until_up()
        family = psutil.Process(run.process.pid).children(recursive=True)
        run.parts()["query API"].kill()
        assert run.process.wait(_STOP_SECONDS) == 1
        assert re.search(r"query API ended with exit code -9; the end of its log .*query-api\.log", run.text())
        assert not [process for process in family if process.is_running()]
