"""Cassandra behind asyncio: connects when it can, reads with a limit on what is in flight, knows whether it works."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from time import perf_counter
from typing import Final

import structlog

from gridpulse_query_api.driver import (
    Connection,
    Fetch,
    PreparedStatement,
    Session,
    as_store_error,
    connect,
)
from gridpulse_query_api.errors import StoreBusyError, StoreError, StoreTimeoutError, StoreUnavailableError
from gridpulse_query_api.metrics import Metrics
from gridpulse_query_api.rows import Page
from gridpulse_query_api.settings import QueryApiSettings

__all__ = ["CassandraStore"]

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger(__name__)


class CassandraStore:
    """Runs prepared statements. It may be used before the cluster has been reached: reads then fail as unavailable."""

    def __init__(self, settings: QueryApiSettings, statements: Sequence[str], probe: str, metrics: Metrics) -> None:
        """`statements` are all that will ever be read; `probe` is one more, without parameters, for readiness."""
        self._settings = settings
        self._statements = (*statements, probe)
        self._probe = probe
        self._metrics = metrics
        self._session: Session | None = None
        self._prepared: Mapping[str, PreparedStatement] = {}
        self._why_absent = "no attempt to connect has ended yet"
        self._slots = asyncio.Semaphore(settings.max_concurrent_reads)
        self._waiting = 0
        self._arrivals = _Arrivals()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Connect in the background for as long as it takes; disconnect at the end of the block."""
        connecting = asyncio.create_task(self._connect(), name="cassandra")
        try:
            yield
        finally:
            connecting.cancel()
            connection: Connection | None = None
            with contextlib.suppress(asyncio.CancelledError):
                connection = await connecting
            self._session = None
            self._metrics.connected.set(0)
            if connection is not None:
                await asyncio.to_thread(connection.shutdown)

    async def missing(self) -> Sequence[str]:
        """What keeps reads from working, in words for an operator; empty = they work."""
        if self._session is None:
            return [f"Cassandra keyspace {self._settings.keyspace} ({self._address()}): {self._why_absent}"]
        try:
            await self.read(self._probe, ())
        except StoreError as error:
            return [f"Cassandra ({self._address()}): {error.detail}"]
        return []

    async def read(self, statement: str, parameters: Sequence[object]) -> list[Page]:
        """All pages of a statement's result. Raises StoreError; anything else is a fault of this program."""
        session = self._session
        if session is None:
            self._metrics.reads.labels("unavailable").inc()
            raise StoreUnavailableError("Cassandra has not been reached yet. Ask again in a few seconds.")
        if self._slots.locked() and self._waiting >= self._settings.max_waiting_reads:
            self._metrics.reads.labels("busy").inc()
            raise StoreBusyError("More requests wait than this server takes on. Ask again in a few seconds.")
        started = perf_counter()
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            pages = await self._arrivals.pages_of(session, self._prepared[statement], parameters)
        except Exception as error:
            store_error = as_store_error(error)
            self._metrics.reads.labels(_outcome(store_error)).inc()
            if store_error is None:
                raise
            raise store_error from error
        finally:
            self._slots.release()
            self._metrics.read_seconds.observe(perf_counter() - started)
        self._metrics.reads.labels("ok").inc()
        return pages

    async def _connect(self) -> Connection:
        while True:
            attempt = asyncio.create_task(asyncio.to_thread(self._connect_once))
            try:
                connection, prepared = await asyncio.shield(attempt)
            except asyncio.CancelledError:
                # The thread can't be cancelled: wait for it, so that what it opens is closed.
                with contextlib.suppress(Exception):
                    connection, _ = await attempt
                    await asyncio.to_thread(connection.shutdown)
                raise
            except Exception as error:
                self._why_absent = f"{type(error).__name__}: {error}"
                _log.warning("cassandra is not there yet", address=self._address(), reason=self._why_absent)
                await asyncio.sleep(self._settings.cassandra_reconnect_seconds)
            else:
                self._prepared = prepared
                self._session = connection.session
                self._metrics.connected.set(1)
                _log.info("connected to cassandra", address=self._address())
                return connection

    def _connect_once(self) -> tuple[Connection, Mapping[str, PreparedStatement]]:
        connection = connect(self._settings)
        try:
            prepared = {statement: connection.session.prepare(statement) for statement in self._statements}
        except BaseException:
            connection.shutdown()
            raise
        return connection, prepared

    def _address(self) -> str:
        return f"{','.join(self._settings.cassandra_contact_points)} port {self._settings.cassandra_port}"


class _Arrivals:
    """Brings results from the driver's thread to the event loop, waking it once for all that arrive meanwhile."""

    def __init__(self) -> None:
        self._arrived: deque[tuple[asyncio.Future[list[Page]], list[Page] | Exception]] = deque()
        self._is_waking = False

    async def pages_of(
        self, session: Session, statement: PreparedStatement, parameters: Sequence[object]
    ) -> list[Page]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Page]] = loop.create_future()
        pages: list[Page] = []
        fetch: Fetch = session.execute_async(statement, parameters)

        def on_page(page: Page) -> None:
            pages.append(page)
            if fetch.has_more_pages:
                fetch.start_fetching_next_page()
            else:
                self._bring(loop, future, pages)

        def on_error(error: Exception) -> None:
            self._bring(loop, future, error)

        fetch.add_callbacks(on_page, on_error)
        return await future

    def _bring(
        self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[list[Page]], result: list[Page] | Exception
    ) -> None:
        self._arrived.append((future, result))
        # Cleared before the deque is emptied: whoever sees it set has appended in time.
        if not self._is_waking:
            self._is_waking = True
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        self._is_waking = False
        while self._arrived:
            future, result = self._arrived.popleft()
            if future.done():  # its waiter was cancelled
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)


def _outcome(error: StoreError | None) -> str:
    match error:
        case None:
            return "error"
        case StoreTimeoutError():
            return "timeout"
        case _:
            return "unavailable"
