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
from gridpulse_platform.bigquery import ensure_bigquery
from gridpulse_platform.errors import PreflightError
from gridpulse_platform.jars import DEFAULT_HOME, ensure_jars
from gridpulse_platform.settings import PlatformSettings

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(600)]

_UP_SECONDS = 240
_STOP_SECONDS = 60
_COMMAND_SECONDS = 400
_LOOPBACK = {"127.0.0.1", "::ffff:127.0.0.1", "::1"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A folder of its own, with the packages that are there already, and free ports."""
    home = tmp_path_factory.mktemp("home")
    for name in ("kafka", "cassandra", "spark"):
        ensure_jars(name)
    for name in ("jars", "environments"):
        (home / name).symlink_to(DEFAULT_HOME / name)
    ports = {
        f"GRIDPULSE_PLATFORM_{name.upper()}": str(free_port())
        for name in PlatformSettings.model_fields
        if name.endswith("_port")
    }
    kept = {name: value for name, value in os.environ.items() if name != "ELECTRICITY_MAPS_TOKEN"}
    given = {"HOME": str(home), "HISTORY_DAYS": "2", "ZONES": "DE"}
    return {**kept, **ports, **{f"GRIDPULSE_PLATFORM_{name}": value for name, value in given.items()}}


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


@pytest.mark.timeout(1200)
def test_the_batch_verbs_work_on_what_a_run_has_kept(environment: dict[str, str]) -> None:
    """On the data of the test above; without it, on those of a run of its own."""
    home = Path(environment["GRIDPULSE_PLATFORM_HOME"])
    try:
        ensure_bigquery()
    except PreflightError as error:
        pytest.skip(str(error))
    if not (home / "data").is_dir():
        command(environment, "run", "--once")
    archived = command(environment, "archive")
    assert f"The lake is {home}/data/standin/lake" in archived
    assert "power-breakdown" in archived
    answered = command(environment, "analytics")
    assert "│ DE " in answered
    assert (home / "data" / "standin" / "analytics" / "energy_daily").is_dir()
    loaded = command(environment, "warehouse")
    assert "energy_daily" in loaded
    assert "│ power_breakdown " in loaded


def command(environment: dict[str, str], *arguments: str) -> str:
    """What a command of the platform prints."""
    done = subprocess.run(
        [sys.executable, "-m", "gridpulse_platform", *arguments],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    return done.stdout


def test_a_part_that_dies_ends_the_run_with_its_name_and_log(environment: dict[str, str], tmp_path: Path) -> None:
    """Also while others still start."""
    with running(environment, tmp_path) as run:
        wait_until(lambda: "stand-in is ready" in run.text(), _UP_SECONDS, "the stand-in")
        family = psutil.Process(run.process.pid).children(recursive=True)
        (standin,) = (process for process in family if "gridpulse_standin" in process.cmdline())
        standin.kill()
        assert run.process.wait(_STOP_SECONDS) == 1
        assert re.search(r"stand-in ended with exit code -9; the end of its log .*standin\.log", run.text())
        assert not [process for process in family if process.is_running()]
