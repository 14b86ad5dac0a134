"""The commands that end, on a real broker: a poll of everything, backfill and redrive."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gridpulse_contract.models import DeadLetter, Origin, Reason, parse_event
from gridpulse_ingester.backfill import EXIT_INTERRUPTED, Backfill
from gridpulse_ingester.errors import DateRangeExceededError
from gridpulse_ingester.kafka import open_consumer
from gridpulse_ingester.once import poll_once
from gridpulse_ingester.poller import Polls, requests_of
from gridpulse_ingester.publisher import AcknowledgedIds, Publisher, Result
from gridpulse_ingester.redrive import redrive
from gridpulse_ingester.source import Source, Temporality
from gridpulse_ingester.windows import Progress
from gridpulse_platform import KafkaBroker

from .conftest import (
    POWER,
    START,
    Canned,
    FakeApi,
    Opened,
    OpenSource,
    canned_json,
    history,
    ids_in,
    ids_of,
    messages,
    publishing,
)

pytestmark = pytest.mark.engines


async def test_once_polls_everything_and_says_what_failed(
    broker: KafkaBroker, open_source: OpenSource, api: FakeApi
) -> None:
    answers = {
        "T-ONCE-BAD": canned_json({"error": "Invalid auth-token"}, 401),
        "T-ONCE-NONE": canned_json({"error": "No recent data"}, 404),
        "T-ONCE-HTML": Canned(200, b"<html>", content_type="text/html"),
    }
    api.rule = lambda _path, query: answers.get(query["zone"])
    opened = await open_source(
        kafka_bootstrap_servers=broker.bootstrap_servers, zones=("T-ONCE", *answers), signals=("power-breakdown",)
    )
    requests = requests_of(opened.settings, opened.settings.zones)
    async with publishing(opened.settings, opened.metrics) as publisher:
        polls = Polls(opened.source, opened.settings)
        summary = await poll_once(requests, polls, publisher, 2, opened.stop)
    assert summary.outcomes == {"ok": 1, "bad-token": 1, "no-data": 1, "unusable": 1}
    assert summary.exit_code == 1
    assert "events: 24 published" in summary.line()
    assert "T-ONCE-BAD power-breakdown hourly (bad-token: 401" in summary.line()
    assert "T-ONCE-NONE" not in summary.line()


class Backfilling:
    """One backfill on the broker with what it said."""

    def __init__(self, opened: Opened, state: Path | None) -> None:
        self.opened = opened
        self.progress = Progress(state)
        self.said: list[str] = []

    async def run(self, zones: tuple[str, ...], days: int) -> tuple[Backfill, int]:
        opened = self.opened
        async with publishing(opened.settings, opened.metrics) as publisher:
            backfill = Backfill(
                opened.source, publisher, self.progress, opened.stop, self.said.append, accept_sandbox=False
            )
            requests = requests_of(opened.settings, zones)
            summary = await backfill.run(requests, START, START + timedelta(days=days), 1)
            return backfill, summary.exit_code


async def test_backfill_reads_every_hour_in_windows(opened: Opened, api: FakeApi, tmp_path: Path) -> None:
    backfill, exit_code = await Backfilling(opened, tmp_path / "state.json").run(("T-FILL",), 25)
    assert exit_code == 0
    assert backfill.summary.events == {Result.PUBLISHED: 25 * 24}
    assert all(asked.query["end"] > asked.query["start"] for asked in api.asked)
    records = await messages(opened.settings, POWER, "T-FILL")
    hours = sorted(parse_event(record.value or b"").at for record in records)
    assert hours == [START + timedelta(hours=hour) for hour in range(25 * 24)]


async def test_a_backfill_waits_for_its_quota(opened: Opened, api: FakeApi) -> None:
    settings = opened.settings.model_copy(update={"retry_wait_max_seconds": 0.01})
    source = Source(opened.client, settings, opened.tokens, opened.metrics, opened.stop)
    api.say("power-breakdown/past-range", canned_json({}, 429, retry_after="1"))
    running = Backfilling(replace(opened, source=source), None)
    backfill, exit_code = await running.run(("T-QUOTA",), 25)
    assert exit_code == 0
    assert backfill.summary.events == {Result.PUBLISHED: 25 * 24}
    assert running.said[0] == "T-QUOTA power-breakdown hourly: quota used up, waiting 1 s"


async def test_an_interrupted_backfill_goes_on_where_it_was(opened: Opened, api: FakeApi, tmp_path: Path) -> None:
    def stop_in_the_second_window(_path: str, query: dict[str, str]) -> Canned | None:
        if query["start"] > "2026-01-05":
            opened.stop.set()
        return None

    api.rule = stop_in_the_second_window
    _, exit_code = await Backfilling(opened, tmp_path / "state.json").run(("T-RESUME",), 40)
    assert exit_code == EXIT_INTERRUPTED
    done = [asked.query["start"] for asked in api.asked]
    api.asked.clear()
    resumed = replace(opened, stop=type(opened.stop)())
    backfill, exit_code = await Backfilling(resumed, tmp_path / "state.json").run(("T-RESUME",), 40)
    assert exit_code == 0
    assert backfill.summary.windows["done before"] == len(done) == 2
    assert not set(done) & {asked.query["start"] for asked in api.asked}
    assert len(await messages(opened.settings, POWER, "T-RESUME")) == 40 * 24


async def test_a_key_without_past_range_is_told_and_the_others_go_on(opened: Opened, api: FakeApi) -> None:
    refusal = canned_json({"error": "This endpoint is not included in your API trial"}, 401)
    api.rule = lambda _path, query: refusal if query["zone"] == "T-TRIAL" else None
    running = Backfilling(opened, None)
    backfill, exit_code = await running.run(("T-TRIAL", "T-FULL"), 30)
    assert exit_code == 1
    assert [request.zone for request in backfill.summary.refused] == ["T-TRIAL"]
    assert backfill.summary.events == {Result.PUBLISHED: 30 * 24}
    assert [asked.query["zone"] for asked in api.asked].count("T-TRIAL") == 1
    assert any("not-entitled, its other windows are skipped" in line for line in running.said)


async def test_a_range_that_is_too_long_for_the_api_ends_the_backfill(opened: Opened, api: FakeApi) -> None:
    api.rule = lambda _path, _query: canned_json({"message": "Date range exceeded 10 days limit for hourly data"}, 400)
    with pytest.raises(DateRangeExceededError, match="Date range exceeded"):
        await Backfilling(opened, None).run(("T-LONG",), 30)


async def test_a_window_that_fails_is_told_and_not_taken_as_done(opened: Opened, api: FakeApi, tmp_path: Path) -> None:
    outage = Canned(503)
    api.say("power-breakdown/past-range", *[outage] * opened.settings.retry_attempts)
    api.say("power-breakdown/past-range", canned_json({"error": "No recent data"}, 404))
    state = tmp_path / "state.json"
    backfill, exit_code = await Backfilling(opened, state).run(("T-FAIL",), 30)
    assert exit_code == 1
    windows = backfill.summary.windows
    assert (windows["failed"], windows["without data"]) == (1, 1)
    again, exit_code = await Backfilling(opened, state).run(("T-FAIL",), 30)
    assert exit_code == 0
    assert (again.summary.windows["done before"], again.summary.windows["done"]) == (windows["done"], 2)


async def test_redrive_publishes_what_is_readable_now_and_nothing_twice(opened: Opened, api: FakeApi) -> None:
    batch = await history(opened, "T-REDRIVE")
    good = (await opened.source.fetch(batch.request, Temporality.HISTORY)).body
    received_at = batch.fetched_at

    def letter(body: bytes, reason: Reason) -> DeadLetter:
        return DeadLetter.of(
            body, origin=Origin.INGESTER, reason=reason, detail="", received_at=received_at,
            zone="T-REDRIVE", signal="power-breakdown", variant="", granularity="hourly",
        )  # fmt: skip

    since = datetime.now(UTC)
    letters = (
        letter(good, Reason.UNEXPECTED_SHAPE),
        letter(good + b" ", Reason.BAD_VALUE),
        letter(b"<html>", Reason.NOT_JSON),
        letter(b"\xff" * 900_000, Reason.NOT_JSON),
    )
    async with publishing(opened.settings, opened.metrics) as publisher:
        await publisher.publish(replace(batch, events=(), letters=letters))

    async def run(publisher: Publisher | None, reasons: tuple[Reason, ...] = (), **since: Any) -> Any:
        async with open_consumer(opened.settings, [DeadLetter.topic]) as consumer:
            options: dict[str, Any] = {"reasons": reasons, "accept_sandbox": False, "stall_seconds": 20, **since}
            return await redrive(consumer, publisher, opened.stop, **options)

    everything = await run(None, since=None)
    assert everything.read >= 4
    dry = await run(None, since=since)
    assert (dry.read, dry.revived, dry.would_publish, dry.incomplete) == (4, 2, 48, 1)
    assert dry.still_refused == {"not-json": 1}
    assert await messages(opened.settings, POWER, "T-REDRIVE") == []

    acknowledged = AcknowledgedIds(10_000)
    async with publishing(opened.settings, opened.metrics, acknowledged) as publisher:
        chosen = await run(publisher, (Reason.BAD_VALUE,), since=since)
        assert (chosen.filtered, chosen.events) == (3, {Result.PUBLISHED: 24})
        again = await run(publisher, since=since)
        assert again.events == {Result.ALREADY_ACKNOWLEDGED: 48}
    records = await messages(opened.settings, POWER, "T-REDRIVE")
    assert ids_in(records) == ids_of(batch)
    assert len(records) == 24
    assert (await run(None, since=datetime.now(UTC) + timedelta(hours=1))).read == 0
