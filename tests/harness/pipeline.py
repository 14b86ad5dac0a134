"""The whole pipeline as `make run` wires it, on free ports and a fast virtual clock, with parts to kill."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from gridpulse_contract.models import Event, Granularity, Signal
from gridpulse_contract.normalise import SourceRequest, answer_of_row, normalise
from gridpulse_platform import Part, create_topics, ensure_jars, free_port, loopback
from gridpulse_platform.jars import DEFAULT_HOME
from gridpulse_platform.preflight import java_home
from gridpulse_platform.settings import PlatformSettings
from gridpulse_platform.stack import KEYSPACE, REPLICATION, Stack, build_stack, history_window
from gridpulse_schema import migrate, open_session

__all__ = ["ZONES", "Pipeline", "running_pipeline"]

ZONES: Final = ("DE", "FR", "ES", "IT")
_BEHIND: Final = timedelta(weeks=3)
_COMMAND_SECONDS: Final = 180
_PORTS: Final = (
    "kafka_port",
    "kafka_controller_port",
    "cassandra_port",
    "cassandra_storage_port",
    "cassandra_jmx_port",
    "standin_port",
    "ingester_port",
    "streaming_port",
    "query_api_port",
)


class Pipeline:
    """A running stack with the stand-in as its source, and questions to its parts."""

    def __init__(self, stack: Stack, settings: PlatformSettings, session: Any) -> None:
        if stack.standin is None:
            raise ValueError("a token of the real API is in the environment")
        self.stack = stack
        self.standin: Part = stack.standin
        self.session = session
        self.keyspace: Final = KEYSPACE
        self._standin_url = f"http://127.0.0.1:{settings.standin_port}/_standin"
        self._ingester_url = f"http://127.0.0.1:{settings.ingester_port}"
        self.api_url: Final = f"http://127.0.0.1:{settings.query_api_port}"

    # The source

    def set_clock(self, *, speed: float, now: datetime | None = None) -> datetime:
        """Let the source's time run at `speed` (0 = pinned), from `now` on if given; returns the virtual time."""
        command = {"speed": speed, **({"now": now.isoformat()} if now else {})}
        answer = loopback.post(f"{self._standin_url}/clock", json=command).raise_for_status().json()
        return datetime.fromisoformat(answer["now"])

    def virtual_now(self) -> datetime:
        """The source's time."""
        return datetime.fromisoformat(loopback.get(f"{self._standin_url}/clock").raise_for_status().json()["now"])

    def inject(self, **scenario: Any) -> None:
        """Switch a fault on: see `gridpulse_standin.scenarios.Scenario`."""
        loopback.post(f"{self._standin_url}/scenarios", json=scenario).raise_for_status()

    def scenario_hits(self) -> list[int]:
        """How many requests each active fault has hit."""
        return [state["hits"] for state in loopback.get(f"{self._standin_url}/scenarios").raise_for_status().json()]

    def clear_faults(self) -> None:
        """Switch all faults off."""
        loopback.delete(f"{self._standin_url}/scenarios").raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """How often the source was asked what, with which outcome."""
        return loopback.get(f"{self._standin_url}/requests").raise_for_status().json()

    def good_answers(self) -> dict[tuple[str, str], int]:
        """(path, zone) -> answers without a fault."""
        counts: dict[tuple[str, str], int] = {}
        for entry in self.requests():
            if entry["status"] == 200 and not entry["fault"] and entry["path"].endswith("/history"):
                key = (entry["path"], entry["zone"])
                counts[key] = counts.get(key, 0) + entry["count"]
        return counts

    def offered(self) -> Iterator[Event]:
        """What the source has served and would serve now, by its own ledger, as events."""
        answer = loopback.get(f"{self._standin_url}/ledger", params={"current": True, "limit": 100_000}, timeout=60)
        assert answer.headers["x-ledger-forgotten"] == "0"
        for line in answer.raise_for_status().text.splitlines():
            entry: dict[str, Any] = json.loads(line)
            request = SourceRequest(
                Signal(entry["signal"]), entry["zone"], Granularity(entry["granularity"]), entry["variant"]
            )
            body = answer_of_row(json.dumps(entry["row"]), request, entry["updatedAt"])
            result = normalise(body, request, received_at=datetime.now(UTC))
            assert len(result.events) == 1, (entry, result.rejections)
            yield result.events[0]

    # The ingester

    def ingester_metrics(self) -> Mapping[str, float]:
        """Sample with its labels, as written in the exposition -> value."""
        lines = loopback.get(f"{self._ingester_url}/metrics").raise_for_status().text.splitlines()
        samples = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in samples}

    def run_ingester(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the ingester to its end, beside the daemon; `settings` are named without their prefix."""
        values = {
            "KAFKA_BOOTSTRAP_SERVERS": self.stack.kafka.bootstrap_servers,
            "API_BASE_URL": self._standin_url.removesuffix("/_standin"),
            "REQUESTS_PER_SECOND": "20",
            **settings,
        }
        environment = {**os.environ, **{f"GRIDPULSE_INGESTER_{name}": value for name, value in values.items()}}
        command = [sys.executable, "-m", "gridpulse_ingester", *arguments]
        return subprocess.run(
            command, check=False, env=environment, capture_output=True, text=True, timeout=_COMMAND_SECONDS
        )

    # Supervision, as Kubernetes and `make run` do it

    def revive(self) -> None:
        """Start again whatever has ended."""
        for part in self.stack.lasting:
            if not part.is_running:  # one that is just ending is left to the next call
                part.start()


@contextmanager
def running_pipeline(home: Path) -> Generator[Pipeline]:
    """The stack with a clock that is pinned weeks behind ours, polled every second; all is stopped at the end."""
    for name in ("kafka", "cassandra"):
        ensure_jars(name)
    home.mkdir(parents=True, exist_ok=True)
    (home / "jars").symlink_to(DEFAULT_HOME / "jars")
    ports: dict[str, Any] = {name: free_port() for name in _PORTS}
    settings = PlatformSettings(home=home, zones=ZONES, poll_period_seconds=1, **ports)
    stack = build_stack(settings, ensure_jars("spark"), java_home(), history_window(1))
    try:
        _start_together(stack.kafka, stack.cassandra, stack.standin)
        create_topics(stack.kafka.bootstrap_servers)
        with open_session([stack.cassandra.contact_points], port=stack.cassandra.port) as session:
            migrate(session, keyspace=KEYSPACE, replication=REPLICATION)
            pipeline = Pipeline(stack, settings, session)
            pipeline.set_clock(speed=0, now=datetime.now(UTC) - _BEHIND)
            _start_together(stack.ingester, stack.streaming, stack.query_api)
            yield pipeline
    finally:
        for group in stack.stop_order:
            for part in group:
                part.stop()


def _start_together(*parts: Part | None) -> None:
    there = [part for part in parts if part is not None]
    for part in there:
        part.spawn()
    for part in there:
        part.wait_until_ready()
