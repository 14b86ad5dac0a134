"""The program as a process: it starts without Cassandra, survives its going, and ends in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

import httpx
import pytest

from gridpulse_platform import CassandraNode, free_port, wait_until
from gridpulse_platform.service import Service
from gridpulse_schema import migrate, open_session

END_WITHIN_SECONDS: Final = 6


class Program(Service):
    """The query API on a free port, with `settings` (by their names, without the prefix) besides those of the store."""

    def __init__(self, folder: Path, cassandra_port: int, **settings: str | int | Path) -> None:
        self.url: Final = f"http://127.0.0.1:{free_port()}"
        super().__init__(
            "query-api",
            ["-m", "gridpulse_query_api"],
            folder / "query-api.log",
            environment={
                "GRIDPULSE_QUERY_API_PORT": self.url.rpartition(":")[2],
                "GRIDPULSE_QUERY_API_CASSANDRA_CONTACT_POINTS": "127.0.0.1",
                "GRIDPULSE_QUERY_API_CASSANDRA_PORT": str(cassandra_port),
                **{f"GRIDPULSE_QUERY_API_{name.upper()}": str(value) for name, value in settings.items()},
            },
            health_url=f"{self.url}/livez",
        )

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=10, trust_env=False)

    def is_fit(self) -> bool:
        return self.get("/readyz").status_code == 200

    def is_unfit(self) -> bool:
        return self.get("/readyz").status_code == 503

    def missing(self) -> str:
        return self.get("/readyz").json()["missing"][0]


@pytest.fixture
def program(tmp_path: Path) -> Generator[Program]:
    """Running, with a port for Cassandra where nothing listens."""
    started = Program(tmp_path, free_port())
    try:
        yield started.start()
    finally:
        started.stop()


def ends_in_time(program: Program) -> bool:
    started = time.monotonic()
    return program.stop() == 0 and time.monotonic() - started < END_WITHIN_SECONDS


def test_it_runs_without_cassandra_and_ends_at_once(program: Program) -> None:
    wait_until(lambda: "NoHostAvailable" in program.missing(), 10, "the first attempt has failed")
    assert program.get("/v1/zones/DE").status_code == 200
    assert program.get("/v1/zones/DE/power-breakdown/latest").status_code == 503
    assert program.is_running
    assert ends_in_time(program)
    assert "stopped" in program.log_tail()


def test_wrong_settings_are_named(tmp_path: Path) -> None:
    environment = {**os.environ, "GRIDPULSE_QUERY_API_PORTS": "1", "GRIDPULSE_QUERY_API_PORT": "8080"}
    done = subprocess.run(
        [sys.executable, "-m", "gridpulse_query_api"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "GRIDPULSE_QUERY_API_PORTS" in done.stderr


@pytest.mark.engines
def test_cassandra_comes_and_goes(tmp_path: Path) -> None:
    node = CassandraNode(tmp_path / "cassandra")
    program = Program(tmp_path, node.port)
    try:
        program.start()
        assert program.is_unfit()
        node.start()
        wait_until(lambda: "InvalidRequest" in program.missing(), 20, "reached, but no schema yet")
        with open_session([node.contact_points], port=node.port) as session:
            migrate(session, keyspace="power", replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        wait_until(program.is_fit, 30, "ready once the schema is there")
        assert program.get("/v1/zones/DE/power-breakdown").status_code == 200

        node.kill()
        wait_until(program.is_unfit, 10, "not ready without Cassandra")
        assert "Cassandra" in program.missing()
        answer = program.get("/v1/zones/DE/power-breakdown/latest")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert program.get("/livez").status_code == 200

        node.start()
        wait_until(program.is_fit, 40, "ready again")
        assert program.get("/v1/zones/DE/power-breakdown").status_code == 200

        # Answers that are under way when it is asked to end are still given.
        assert program.pid is not None
        with (
            httpx.Client(base_url=program.url, trust_env=False) as client,
            client.stream("GET", "/v1/zones/DE/stream") as stream,
        ):
            lines = stream.iter_lines()
            assert next(lines).startswith("retry: ")
            assert client.get("/v1/ranking").status_code == 200
            os.kill(program.pid, signal.SIGTERM)
            assert "" in list(lines)  # it ends, and does not break off
            wait_until(lambda: not program.is_running, END_WITHIN_SECONDS, "the program has ended")
        assert program.exit_code == 0
    finally:
        program.stop()
        node.stop()
