"""The query API as a process, on a Cassandra with made-up rows or without any, and the command `gridpulse`."""

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import pytest

from gridpulse_contract.models import (
    CarbonIntensityEvent,
    CarbonIntensityForecastEvent,
    Event,
    Granularity,
    Kind,
    PowerBreakdownEvent,
    PowerByMode,
)
from gridpulse_platform import CassandraNode, Service, free_port, wait_until
from gridpulse_schema import migrate, open_session
from harness.storing import store

parquet: Any = importlib.import_module("pyarrow.parquet")  # it has no type information

HOUR: Final = timedelta(hours=1)
KEYSPACE: Final = "client"
ZONES: Final = ("DE", "FR")
HOURS: Final = 60


class QueryApi(Service):
    """The query API on a free port, which it keeps when it is started again. `health`: what answers when it is up."""

    def __init__(self, folder: Path, *, health: str = "/livez", **settings: str) -> None:
        self.url: Final = f"http://127.0.0.1:{free_port()}"
        values = {"PORT": self.url.rpartition(":")[2], "CASSANDRA_CONTACT_POINTS": "127.0.0.1", **settings}
        super().__init__(
            "query-api",
            ["-m", "gridpulse_query_api"],
            folder / "query-api.log",
            environment={f"GRIDPULSE_QUERY_API_{name}": value for name, value in values.items()},
            health_url=f"{self.url}{health}",
        )


def variables(url: str, **environment: str) -> Mapping[str, str]:
    """The environment of the command: ours, without what we may have set for ourselves."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GRIDPULSE_")}
    return {**inherited, "GRIDPULSE_URL": url, **environment}


def gridpulse(url: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command as a process, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "gridpulse", *arguments],
        env=variables(url, **environment),
        capture_output=True,
        timeout=120,
        check=False,
    )


class Watching:
    """`gridpulse watch` as a process, and what it has written so far."""

    def __init__(self, folder: Path, url: str, *arguments: str) -> None:
        self.output: Final = folder / "watch.out"
        self.complaints: Final = folder / "watch.err"
        with self.output.open("wb") as output, self.complaints.open("wb") as complaints:
            self.process: Final = subprocess.Popen(
                [sys.executable, "-m", "gridpulse", "watch", *arguments],
                env=variables(url),
                stdout=output,
                stderr=complaints,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def lines(self) -> list[str]:
        """Whole lines of its output."""
        return self.output.read_text(encoding="utf-8").rpartition("\n")[0].splitlines()

    def until(self, condition: Callable[[list[str]], bool], what: str) -> list[str]:
        """Wait for lines that are as they should be, and return them."""
        wait_until(lambda: condition(self.lines()), 40, what)
        return self.lines()

    def interrupt(self) -> int:
        """Press Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


@dataclass(frozen=True)
class Served:
    """A query API with `HOURS` hours of `ZONES`, up to the one that was the newest at the start."""

    api: QueryApi
    session: Any
    newest: datetime

    @property
    def start(self) -> datetime:
        """Of the first row."""
        return self.newest - (HOURS - 1) * HOUR

    @property
    def end(self) -> datetime:
        """Of the last row, exclusive."""
        return self.newest + HOUR

    def write(self, events: Iterable[Event]) -> None:
        """As the pipeline does."""
        store(self.session, KEYSPACE, events)


def power(zone: str, at: datetime, wind_mw: float | None, *, revision: int = 0) -> PowerBreakdownEvent:
    """A row whose production is all wind; a later revision wins."""
    return PowerBreakdownEvent(
        zone=zone, granularity=Granularity.HOURLY, at=at, updated_at=at + HOUR + timedelta(minutes=revision),
        kind=Kind.MEASURED, raw="{}", production_mw=PowerByMode(wind=wind_mw), consumption_mw=PowerByMode(wind=1.0),
        production_total_mw=wind_mw, consumption_total_mw=100.0, import_total_mw=5.0, export_total_mw=2.0,
        renewable_percent=100.0,
    )  # fmt: skip


def carbon(zone: str, at: datetime, value: float | None) -> CarbonIntensityEvent:
    """A row of carbon intensity in gCO2eq/kWh."""
    return CarbonIntensityEvent(
        zone=zone, granularity=Granularity.HOURLY, at=at, updated_at=at + HOUR, kind=Kind.ESTIMATED, raw="{}",
        estimation_method="TIME_SLICER_AVERAGE", variant="lifecycle", carbon_intensity_gco2eq_per_kwh=value,
    )  # fmt: skip


def forecast_row(zone: str, issued_at: datetime, at: datetime, value: float) -> CarbonIntensityForecastEvent:
    """A row of a forecast in gCO2eq/kWh."""
    return CarbonIntensityForecastEvent(
        zone=zone, granularity=Granularity.HOURLY, at=at, updated_at=issued_at, issued_at=issued_at, raw="{}",
        kind=Kind.UNKNOWN, variant="lifecycle", carbon_intensity_gco2eq_per_kwh=value,
    )  # fmt: skip


@pytest.fixture(scope="package")
def served(cassandra: CassandraNode, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    api = QueryApi(
        tmp_path_factory.mktemp("served"),
        health="/readyz",
        CASSANDRA_PORT=str(cassandra.port),
        KEYSPACE=KEYSPACE,
        STREAM_PERIOD_SECONDS="0.2",
    )
    with open_session([cassandra.contact_points], port=cassandra.port) as session:
        migrate(session, keyspace=KEYSPACE, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        served = Served(api, session, newest)
        for number, zone in enumerate(ZONES):
            hours = [(n, newest - n * HOUR) for n in range(HOURS)]
            served.write(power(zone, at, None if n == 7 else 1000.0 * (number + 1) + n) for n, at in hours)
            served.write(carbon(zone, at, 300.0 - 200 * number + n) for n, at in hours)
        try:
            yield Served(api.start(), session, newest)
        finally:
            api.stop()


@pytest.fixture(scope="package")
def without_store(tmp_path_factory: pytest.TempPathFactory) -> Generator[QueryApi]:
    """An API whose Cassandra is not there."""
    with QueryApi(tmp_path_factory.mktemp("without-store"), CASSANDRA_PORT=str(free_port())) as api:
        yield api
