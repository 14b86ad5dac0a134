"""One watcher for each zone that is followed, however many follow it, and the bytes that each follower gets."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Final

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gridpulse_query_api.errors import StoreError, TooManyStreamsError
from gridpulse_query_api.following import Followed, Message, RowKey
from gridpulse_query_api.metrics import Metrics

__all__ = ["EVENT_STREAM", "EventStream", "Look", "StreamHub", "Watch"]

EVENT_STREAM: Final = "text/event-stream"
Look = Callable[[], Awaitable[Mapping[RowKey, bytes]]]
"""Reads the rows of the window. Raises StoreError."""

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger(__name__)
_HEARTBEAT_SECONDS: Final = 15.0
_MAX_SECONDS: Final = 900.0  # then the client comes back: its key is looked at anew, and replicas share the load
_END_SECONDS: Final = 5.0
_MAX_WATCHES: Final = 400  # a look takes some milliseconds, every few seconds
_RETRY_MS: Final = 2000


class Watch:
    """Looks at one zone every few seconds, and wakes whoever waits when there is a new state."""

    def __init__(self, name: str, look: Look, period_seconds: float) -> None:
        self.followed: Final = Followed()
        self.followers = 0
        self._name = name
        self._look = look
        self._period_seconds = period_seconds
        self._news = asyncio.Event()
        self._first_look = asyncio.create_task(self._see())
        self._task = asyncio.create_task(self._run(), name=f"watch {name}")

    async def begun(self) -> None:
        """Return once the first look has succeeded. Raises what it raised."""
        await asyncio.shield(self._first_look)

    def news(self) -> asyncio.Event:
        """Set when there is a state after this call, or an end."""
        return self._news

    def wake(self) -> None:
        """Make everybody who waits look."""
        self._news.set()
        self._news = asyncio.Event()

    async def end(self) -> None:
        """Stop looking."""
        for task in (self._task, self._first_look):
            task.cancel()
        await asyncio.gather(self._task, self._first_look, return_exceptions=True)

    async def _run(self) -> None:
        await asyncio.wait({self._first_look})
        while True:
            await asyncio.sleep(self._period_seconds)
            try:
                await self._see()
            except StoreError as error:
                _log.warning("a followed zone can't be read", watch=self._name, reason=error.detail)
            except Exception:
                _log.exception("a look at a followed zone failed", watch=self._name)

    async def _see(self) -> None:
        if self.followed.see(await self._look()):
            self.wake()


class StreamHub:
    """The watches, made for the first follower and ended with the last."""

    def __init__(self, period_seconds: float, max_streams: int, metrics: Metrics) -> None:
        self.is_closed = False
        self._period_seconds = period_seconds
        self._max_streams = max_streams
        self._metrics = metrics
        self._watches: dict[str, Watch] = {}
        self._count = 0

    def close(self) -> None:
        """Let every stream end, now and from now on."""
        self.is_closed = True
        for watch in self._watches.values():
            watch.wake()

    @contextlib.asynccontextmanager
    async def follow(self, name: str, look: Look) -> AsyncGenerator[Watch]:
        """The watch of this name, which has seen its zone. Raises TooManyStreamsError, or what the first look raised.

        `look` is used where nobody follows it yet.
        """
        is_full = self._count >= self._max_streams or (name not in self._watches and len(self._watches) >= _MAX_WATCHES)
        if self.is_closed or is_full:
            raise TooManyStreamsError("More streams are open than this server takes on. Ask again in a few seconds.")
        self._count += 1
        self._metrics.streams.set(self._count)
        watch = self._watches.get(name)
        if watch is None:
            watch = self._watches[name] = Watch(name, look, self._period_seconds)
        watch.followers += 1
        try:
            await watch.begun()
            yield watch
        finally:
            self._count -= 1
            self._metrics.streams.set(self._count)
            watch.followers -= 1
            if watch.followers == 0:
                del self._watches[name]
                await watch.end()


class EventStream(Response):
    """Server-sent events of one zone, until the client goes, the program ends, or a quarter of an hour has passed.

    A slow client gets the newest content of each row, not every one that it had: nothing is queued for anybody.
    """

    media_type = EVENT_STREAM

    def __init__(
        self,
        hub: StreamHub,
        name: str,
        look: Look,
        last_event_id: str | None,
        *,
        heartbeat_seconds: float = _HEARTBEAT_SECONDS,
        max_seconds: float = _MAX_SECONDS,
    ) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._hub = hub
        self._name = name
        self._look = look
        self._last_event_id = last_event_id
        self._heartbeat_seconds = heartbeat_seconds
        self._max_seconds = max_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3. What keeps the stream from beginning is raised before anything is sent, and answered as a problem."""

        async def tell(body: bytes, *, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": body, "more_body": more})

        async with self._hub.follow(self._name, self._look) as watch:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            gone = asyncio.create_task(_gone(receive))
            try:
                async with asyncio.timeout(self._max_seconds):
                    await self._tell_all(watch, gone, tell)
            except TimeoutError:
                pass
            finally:
                gone.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await gone
            with contextlib.suppress(TimeoutError):  # of a client that does not read; the server then closes it
                async with asyncio.timeout(_END_SECONDS):
                    await tell(b"", more=False)

    async def _tell_all(self, watch: Watch, gone: asyncio.Task[None], tell: Callable[[bytes], Awaitable[None]]) -> None:
        followed = watch.followed
        known = self._last_event_id
        first = followed.newest() if known is None else followed.since(followed.number_of(known))
        number = followed.number
        await tell(f"retry: {_RETRY_MS}\n\n".encode() + encoded(first, followed.state_id))
        while not self._hub.is_closed and not gone.done():
            if followed.number == number:
                news = asyncio.create_task(watch.news().wait())
                try:
                    done, _ = await asyncio.wait(
                        {news, gone}, timeout=self._heartbeat_seconds, return_when=asyncio.FIRST_COMPLETED
                    )
                finally:
                    news.cancel()
                if not done:
                    await tell(b": still here\n\n")
                continue
            messages, number_told = followed.since(number), followed.number
            await tell(encoded(messages, followed.state_id))
            number = number_told


def encoded(messages: list[Message], state_id: str) -> bytes:
    """As they go over the line. The last alone has the id: whoever lost some of them gets all of them again."""
    parts = [b"event: %b\ndata: %b\n\n" % (event.encode(), data) for event, data in messages]
    identified = b"id: %b\n" % state_id.encode()
    if not parts:
        return identified + b"\n"  # moves the client's id and tells it nothing
    return b"".join((*parts[:-1], identified, parts[-1]))


async def _gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
