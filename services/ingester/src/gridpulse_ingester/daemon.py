"""`run`: polls and publishes until it is asked to stop, then drains."""

import asyncio
import time
from collections.abc import Sequence

import httpx
import structlog

from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.batch import Batch
from gridpulse_ingester.errors import BrokerError
from gridpulse_ingester.kafka import Producer, is_reachable, open_producer
from gridpulse_ingester.metrics import Metrics
from gridpulse_ingester.poller import Poller, Polls, label
from gridpulse_ingester.publisher import AcknowledgedIds, Publisher, recall_acknowledged
from gridpulse_ingester.settings import IngesterSettings
from gridpulse_ingester.source import Source, open_client
from gridpulse_ingester.tokens import Tokens
from gridpulse_servicekit.lifecycle import Heartbeat, StopSignal, drain
from gridpulse_servicekit.operations import operations_app, serve

__all__ = ["Daemon"]

_log = structlog.stdlib.get_logger(__name__)
_CONNECT_AGAIN_SECONDS = 2.0
_PROBE_SECONDS = 3.0
_RENEW_AFTER_DEADLINES = 2
_CLOSE_SECONDS = 5.0
_NAMED_REQUESTS = 3
_POLLS_SHARE_OF_DRAIN = 0.5
_PUBLISH_SHARE_OF_DRAIN = 0.8
_STARTING = "starting"


class Daemon:
    """One running ingester."""

    def __init__(
        self, settings: IngesterSettings, tokens: Tokens, requests: Sequence[SourceRequest], stop: StopSignal
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._requests = requests
        self._stop = stop
        self._metrics = Metrics()
        self._heartbeat = Heartbeat(settings.stuck_after_seconds)
        self._queue: asyncio.Queue[Batch] = asyncio.Queue(settings.queue_size)
        self._metrics.waiting_answers.set_function(self._queue.qsize)
        self._producer: Producer | None = None
        self._poller: Poller | None = None
        self._renewing = asyncio.Lock()

    async def run(self) -> None:
        """Return when stopped and drained."""
        settings = self._settings
        app = operations_app(self._heartbeat, self._missing, self._metrics.registry)
        async with serve(app, settings.http_host, settings.http_port) as port, open_client(settings) as client:
            _log.info("serving probes and metrics", host=settings.http_host, port=port)
            self._producer = await self._connect()
            if self._producer is not None:
                await self._poll_and_publish(client, self._producer)
        _log.info("stopped")

    async def _connect(self) -> Producer | None:
        while not self._stop.is_set():
            try:
                connecting = self._stop.unless_set(open_producer(self._settings))
                return await self._heartbeat.during(_STARTING, connecting)
            except BrokerError as error:
                _log.warning("no broker yet", error=str(error))
                await self._stop.sleep(_CONNECT_AGAIN_SECONDS)
        return None

    async def _poll_and_publish(self, client: httpx.AsyncClient, producer: Producer) -> None:
        settings = self._settings
        polls = Polls(Source(client, settings, self._tokens, self._metrics, self._stop), settings)
        acknowledged = AcknowledgedIds(settings.acknowledged_memory)

        async def learn() -> None:
            await recall_acknowledged(settings, acknowledged)
            await polls.learn_access(self._requests)

        await self._heartbeat.during(_STARTING, self._stop.unless_set(learn()))
        self._heartbeat.end(_STARTING)
        publisher = Publisher(producer, acknowledged, self._metrics, settings.delivery_deadline_seconds)
        poller = Poller(polls, self._requests, settings, self._queue, self._heartbeat, self._metrics, self._stop)
        self._poller = poller
        polling = asyncio.create_task(poller.run(), name="polling")
        publishing = [
            asyncio.create_task(self._publish(f"publish-{number}", publisher), name=f"publish-{number}")
            for number in range(settings.concurrency)
        ]
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({polling, stopping, *publishing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stop.set()
            await self._drain(polling, publishing)

    async def _publish(self, name: str, publisher: Publisher) -> None:
        while True:
            batch = await self._heartbeat.during(name, self._queue.get())
            try:
                published = await publisher.publish(batch)
                if published.failed:
                    await self._renew_producer(publisher)
            except Exception:
                _log.exception("a batch failed by an error of ours", request=label(batch.request))
            finally:
                self._queue.task_done()

    async def _renew_producer(self, publisher: Publisher) -> None:
        """A producer whose sender has died fails for good, while the broker is well: only a new one helps."""
        async with self._renewing:
            patience = _RENEW_AFTER_DEADLINES * self._settings.delivery_deadline_seconds
            if publisher.failing_seconds < patience or self._stop.is_set() or not await self._broker_answers():
                return
            _log.warning("a new producer, since the broker answers and nothing is acknowledged")
            try:
                self._producer = await open_producer(self._settings)
            except BrokerError as error:
                _log.warning("no new producer yet", error=str(error))
                return
            await drain(publisher.replace_producer(self._producer).stop(), _CLOSE_SECONDS)

    async def _drain(self, polling: asyncio.Task[None], publishing: Sequence[asyncio.Task[None]]) -> None:
        """Finish polls in flight, then what waits for Kafka, then close: each within its share of the deadline.

        What does not make it is in no memory of acknowledged events, so the next start polls and sends it again.
        """
        end = time.monotonic() + self._settings.drain_deadline_seconds
        _log.info(
            "draining", waiting_answers=self._queue.qsize(), deadline_seconds=self._settings.drain_deadline_seconds
        )
        await asyncio.wait({polling}, timeout=_POLLS_SHARE_OF_DRAIN * (end - time.monotonic()))
        is_complete = polling.done()
        polling.cancel()
        handed_over = asyncio.create_task(self._queue.join())  # only now: an empty queue may have been about to fill
        await asyncio.wait({handed_over}, timeout=_PUBLISH_SHARE_OF_DRAIN * (end - time.monotonic()))
        is_complete &= handed_over.done()
        for task in (handed_over, *publishing):
            task.cancel()
        if self._producer is not None:
            is_complete &= await drain(self._producer.stop(), end - time.monotonic())
        _log.info("drained", complete=is_complete)
        ended = await asyncio.gather(polling, *publishing, return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, Exception):
                raise outcome

    async def _missing(self) -> list[str]:
        missing: list[str] = []
        if not await self._broker_answers():
            missing.append(f"Kafka at {self._settings.kafka_bootstrap_servers}")
        unpolled = self._poller.unpolled if self._poller is not None else set(self._requests)
        if unpolled:
            names = ", ".join(sorted(map(label, unpolled))[:_NAMED_REQUESTS])
            more = ", .." if len(unpolled) > _NAMED_REQUESTS else ""
            missing.append(f"first polls: {len(unpolled)} of {len(self._requests)} to come ({names}{more})")
        return missing

    async def _broker_answers(self) -> bool:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                return self._producer is not None and await is_reachable(self._producer)
        except TimeoutError:
            return False
