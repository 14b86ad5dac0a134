"""Requests/s and latency of the API against the bare driver doing the same reads, in one run on one machine.

Read are the newest power breakdown and 7 days of hourly rows. Each side is one process on the first core: the API; and
a program that keeps the API's own CQL in flight with execute_async and otherwise the driver's default settings. HTTP
requests come from the second core, where the engines run too. Rounds of both alternate and their medians are compared.
Latencies are taken at 200 requests/s (less where the bare driver can't do so many), from the moment that a request was
due: a stall counts for all that it delays.
Prints one Markdown row for each of the two. `--alone` starts only a node, not the whole pipeline.
"""

import argparse
import asyncio
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import AsyncExitStack
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import uvloop

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_platform import CassandraNode, free_port
from gridpulse_platform.service import Service
from gridpulse_query_api.repository import statements
from gridpulse_schema import migrate, open_session
from harness.pipeline import running_pipeline

__all__ = ["run"]

RATE_PER_SECOND: Final = 200
CONCURRENCY: Final = 32
_MAX_LOAD: Final = 0.7  # of what the bare driver can do: above, any latency is the length of a queue
ROUNDS: Final = 3
SECONDS: Final = 5.0
TITLES: Final = {"latest": "newest power breakdown", "range": "7 days of hourly power breakdown"}
_ZONE: Final = "PT"  # one that the pipeline does not poll
_KEYSPACE: Final = "power"
_API_CORE, _LOAD_CORE = 0, 1
_NEIGHBOURS: Final = ("AT", "BE", "CH", "CZ", "DK-DK1", "FR", "NL", "PL")


@dataclass(frozen=True)
class Measured:
    """What one side achieved in one round."""

    per_second: float
    rate_per_second: float
    p50_ms: float
    p99_ms: float


def run() -> list[str]:
    """The Markdown rows, measured while the whole pipeline is up."""
    with tempfile.TemporaryDirectory() as folder, running_pipeline(Path(folder)) as pipeline:
        return compare(pipeline.stack.cassandra, Path(folder))


def run_alone() -> list[str]:
    """The Markdown rows, measured with nothing but a node."""
    with tempfile.TemporaryDirectory() as folder, CassandraNode(Path(folder) / "cassandra") as cassandra:
        return compare(cassandra, Path(folder))


def compare(cassandra: CassandraNode, folder: Path) -> list[str]:
    """The Markdown rows, measured on a running node."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    _fill(cassandra, end)
    port = free_port()
    pinned = f"import os, runpy; os.sched_setaffinity(0, {{{_API_CORE}}}); "
    api = Service(
        "api",
        ["-c", pinned + "runpy.run_module('gridpulse_query_api', run_name='__main__')"],
        folder / "api.log",
        environment={
            "GRIDPULSE_QUERY_API_PORT": str(port),
            "GRIDPULSE_QUERY_API_CASSANDRA_CONTACT_POINTS": cassandra.contact_points,
            "GRIDPULSE_QUERY_API_CASSANDRA_PORT": str(cassandra.port),
        },
        health_url=f"http://127.0.0.1:{port}/readyz",
    )
    cores = os.sched_getaffinity(0)
    with api:
        os.sched_setaffinity(0, {_LOAD_CORE})
        try:
            return [_row(read, [_round(cassandra, port, read, end) for _ in range(ROUNDS)]) for read in TITLES]
        finally:
            os.sched_setaffinity(0, cores)


def _round(cassandra: CassandraNode, port: int, read: str, end: datetime) -> tuple[Measured, Measured]:
    bare = _bare(cassandra, read, end)
    return bare, _api(port, read, end, bare.rate_per_second)


def _row(read: str, rounds: list[tuple[Measured, Measured]]) -> str:
    bare, api = (_median([pair[side] for pair in rounds]) for side in (0, 1))
    share = 100 * api.per_second / bare.per_second
    return (
        f"| API, {TITLES[read]} | {api.per_second:.0f} requests/s = {share:.0f} % of the bare driver's "
        f"{bare.per_second:.0f}; at {api.rate_per_second:.0f}/s p50 {api.p50_ms:.1f} ms, p99 {api.p99_ms:.1f} ms = "
        f"{api.p99_ms / bare.p99_ms:.2f} x the driver's {bare.p99_ms:.1f} ms | ≥ 65 %, p99 ≤ 3 x |"
    )


def _median(rounds: list[Measured]) -> Measured:
    return Measured(*map(statistics.median, zip(*map(astuple, rounds), strict=True)))


def _measured(per_second: float, rate_per_second: float, latencies_seconds: list[float]) -> Measured:
    percentiles = statistics.quantiles(latencies_seconds, n=100)
    return Measured(per_second, rate_per_second, 1000 * percentiles[49], 1000 * percentiles[98])


def _fill(cassandra: CassandraNode, end: datetime) -> None:
    columns = (
        *("zone", "granularity", "year", "at", "updated_at", "kind", "estimation_method", "quality"),
        *("import_mw", "export_mw", *POWER_NUMBER_COLUMNS),
    )
    insert = f"INSERT INTO {_KEYSPACE}.power_breakdown ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    with open_session([cassandra.contact_points], port=cassandra.port) as opened:
        session: Any = opened
        migrate(session, keyspace=_KEYSPACE, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        prepared = session.prepare(insert)
        for hour in range(8 * 24):
            at = end - timedelta(hours=hour)
            numbers = [float((index * 977 + hour * 131) % 20_000) for index in range(len(POWER_NUMBER_COLUMNS))]
            exchange = {name: float((len(name) * 300 + hour * 17) % 3000) for name in _NEIGHBOURS}
            values = (_ZONE, "hourly", at.year, at, at + timedelta(minutes=70), "measured", "", set[str]())
            session.execute(prepared, (*values, exchange, exchange, *numbers))


# The API


def _api(port: int, read: str, end: datetime, rate_per_second: float) -> Measured:
    query = urlencode({"start": (end - timedelta(days=7)).isoformat(), "end": end.isoformat()})
    path = f"/v1/zones/{_ZONE}/power-breakdown" + ("/latest" if read == "latest" else f"?{query}")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_ask(port, f"GET {path} HTTP/1.1\r\nHost: api\r\n\r\n".encode(), rate_per_second))


class _Connection:
    """One kept-alive connection, asked one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> None:
        """Send the request and read its answer to the end."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"unexpected answer: {head!r}")
        _, _, rest = head.partition(b"content-length: ")
        await self._reader.readexactly(int(rest[: rest.index(b"\r")]))

    async def aclose(self) -> None:
        """Close it."""
        self._writer.close()
        await self._writer.wait_closed()


async def _ask(port: int, request: bytes, rate_per_second: float) -> Measured:
    async with AsyncExitStack() as stack:
        idle: asyncio.Queue[_Connection] = asyncio.Queue()
        for _ in range(CONCURRENCY):
            connection = _Connection(*await asyncio.open_connection("127.0.0.1", port, limit=2**20))
            stack.push_async_callback(connection.aclose)
            idle.put_nowait(connection)

        async def ask() -> None:
            connection = await idle.get()
            await connection.ask(request)
            idle.put_nowait(connection)

        async def keep_asking(until: float) -> int:
            count = 0
            while time.perf_counter() < until:
                await ask()
                count += 1
            return count

        async def ask_when_due(due: float) -> float:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await ask()
            return time.perf_counter() - due

        started = time.perf_counter()
        await asyncio.gather(*(keep_asking(started + 1) for _ in range(CONCURRENCY)))  # to warm up
        started = time.perf_counter()
        counts = await asyncio.gather(*(keep_asking(started + SECONDS) for _ in range(CONCURRENCY)))
        per_second = sum(counts) / (time.perf_counter() - started)
        started = time.perf_counter()
        dues = (started + index / rate_per_second for index in range(int(SECONDS * rate_per_second)))
        return _measured(per_second, rate_per_second, await asyncio.gather(*map(ask_when_due, dues)))


# The bare driver, in a process of its own


def _bare(cassandra: CassandraNode, read: str, end: datetime) -> Measured:
    arguments = [cassandra.contact_points, str(cassandra.port), read, end.isoformat()]
    command = [sys.executable, __file__, "--bare", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)  # noqa: S603  a fixed command
    return Measured(**json.loads(done.stdout))


def _read_bare(host: str, port: str, read: str, end_text: str) -> Measured:
    os.sched_setaffinity(0, {_API_CORE})
    driver: Any = importlib.import_module("cassandra.cluster")
    latest, span, *_ = statements(_KEYSPACE)
    now, end = datetime.now(UTC), datetime.fromisoformat(end_text)
    cluster = driver.Cluster([host], port=int(port))
    try:
        session = cluster.connect()
        prepared = session.prepare(latest if read == "latest" else span)
        bounds = (now,) if read == "latest" else (end - timedelta(days=7), end)
        parameters = (_ZONE, "hourly", end.year, *bounds)
        _keep_reading(session, prepared, parameters, seconds=1)  # to warm up
        per_second = _keep_reading(session, prepared, parameters, seconds=SECONDS)
        rate = min(RATE_PER_SECOND, _MAX_LOAD * per_second)
        return _measured(per_second, rate, _read_when_due(session, prepared, parameters, rate))
    finally:
        cluster.shutdown()


def _keep_reading(session: Any, prepared: Any, parameters: tuple[object, ...], *, seconds: float) -> float:
    slots = threading.Semaphore(CONCURRENCY)

    def arrived(_: object) -> None:
        slots.release()

    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        slots.acquire()
        session.execute_async(prepared, parameters).add_callbacks(arrived, _fail)
        count += 1
    for _ in range(CONCURRENCY):
        slots.acquire()
    return count / (time.perf_counter() - started)


def _read_when_due(session: Any, prepared: Any, parameters: tuple[object, ...], rate_per_second: float) -> list[float]:
    count = int(SECONDS * rate_per_second)
    latencies: list[float] = []
    is_done = threading.Event()

    def arrived(_: object, due: float) -> None:
        latencies.append(time.perf_counter() - due)
        if len(latencies) == count:
            is_done.set()

    started = time.perf_counter()
    for index in range(count):
        due = started + index / rate_per_second
        time.sleep(max(0.0, due - time.perf_counter()))
        session.execute_async(prepared, parameters).add_callbacks(arrived, _fail, callback_args=(due,))
    if not is_done.wait(60):
        raise TimeoutError("the driver did not answer all reads within a minute")
    return latencies


def _fail(error: Exception) -> None:
    sys.stderr.write(f"{error}\n")
    os._exit(1)  # raised in the driver's thread, it would be lost


def main() -> None:
    """Run the benchmark, or the bare driver's part of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alone", action="store_true", help="start only a node, not the whole pipeline")
    parser.add_argument("--bare", nargs=4, metavar=("HOST", "PORT", "READ", "END"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        sys.stdout.write(json.dumps(_read_bare(*given.bare).__dict__))
    else:
        sys.stdout.write("\n".join(run_alone() if given.alone else run()) + "\n")


if __name__ == "__main__":
    main()
