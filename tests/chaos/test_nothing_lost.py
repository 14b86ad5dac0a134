"""Whatever is ended or killed in mid-flow: what the source served and still offers is in Cassandra, once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from cassandra.cluster import NoHostAvailable

from gridpulse_contract.models import Event, PowerBreakdownEvent
from gridpulse_contract.signals import SIGNALS
from gridpulse_platform import Part, loopback, wait_until
from harness.pipeline import ZONES, Pipeline
from harness.tables import TABLES, Key, places, write_times

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(1200)]

# Ten minutes a second: a part may be away for two minutes, and history (24 h) still offers what it missed.
SPEED: Final = 600
DEADLINE_SECONDS: Final = 300  # a restart of the driver takes a minute and more on a busy machine

PARTS: Final[dict[str, Callable[[Pipeline], Part]]] = {
    "ingester": lambda pipeline: pipeline.stack.ingester,
    "spark-driver": lambda pipeline: pipeline.stack.streaming,
    "broker": lambda pipeline: pipeline.stack.kafka,
    "cassandra": lambda pipeline: pipeline.stack.cassandra,
}


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGKILL"])
@pytest.mark.parametrize("name", PARTS)
def test_nothing_is_lost(name: str, signal: str, pipeline: Pipeline) -> None:
    victim = PARTS[name](pipeline)
    pipeline.set_clock(speed=SPEED)
    _wait_for_flow(pipeline)
    if signal == "SIGTERM":
        victim.stop()
    else:
        victim.kill()
    away_since = pipeline.virtual_now()
    wait_until(
        lambda: pipeline.virtual_now() > away_since + timedelta(minutes=30), DEADLINE_SECONDS, "half an hour away"
    )
    pipeline.set_clock(speed=0)  # what came meanwhile is enough to go through every part again
    victim.start()
    _wait_for_polls(pipeline)
    offered = list(pipeline.offered())
    assert any(event.updated_at > away_since for event in offered)
    _wait_until_stored(pipeline, offered)
    _wait_until_readable(pipeline, offered)


def test_the_check_sees_a_loss(pipeline: Pipeline) -> None:
    """A row that is not there is reported: the check above can fail."""
    missing = next(iter(_missing_with_one_row_more(pipeline)))
    assert missing[0] == "XX"


def _missing_with_one_row_more(pipeline: Pipeline) -> set[Key]:
    event = next(event for event in pipeline.offered() if isinstance(event, PowerBreakdownEvent))
    lost = event.model_copy(update={"zone": "XX"})
    return {key for _, key, _ in _missing(pipeline, [lost])}


def _wait_for_flow(pipeline: Pipeline) -> None:
    """Until a revision of the present virtual time can be read through the API, reviving what has died meanwhile."""
    now = pipeline.virtual_now()

    def has_arrived() -> bool:
        pipeline.revive()
        return all(_newest_update(pipeline, zone) > now for zone in ZONES)

    wait_until(has_arrived, DEADLINE_SECONDS, "fresh data of every zone", pause_seconds=0.5)


def _newest_update(pipeline: Pipeline, zone: str) -> datetime:
    # The current hour's row lies in the source's past, so in the API's too, whose clock is the real one.
    answer = loopback.get(f"{pipeline.api_url}/v1/zones/{zone}/power-breakdown/latest", timeout=10)
    if answer.status_code in (404, 503):
        return datetime.min.replace(tzinfo=pipeline.virtual_now().tzinfo)
    return datetime.fromisoformat(answer.raise_for_status().json()["updated_at"])


def _wait_for_polls(pipeline: Pipeline) -> None:
    """Until each zone and signal has been polled again, so that the source has served all that it offers."""
    before = pipeline.good_answers()
    assert len(before) == sum(not signal.is_forecast for signal in SIGNALS.values()) * len(ZONES)

    def have_come() -> bool:
        pipeline.revive()
        answers = pipeline.good_answers()
        return all(answers.get(key, 0) >= count + 2 for key, count in before.items())

    wait_until(have_come, DEADLINE_SECONDS, "another poll of everything", pause_seconds=0.5)


def _wait_until_stored(pipeline: Pipeline, offered: list[Event]) -> None:
    assert len(offered) > 24 * len(ZONES)

    def missing() -> list[Any]:
        pipeline.revive()
        try:
            return _missing(pipeline, offered)
        except NoHostAvailable as error:  # the test's own session has yet to find the node that was away
            return [error]

    wait_until(lambda: not missing(), DEADLINE_SECONDS, "all that is offered in Cassandra", pause_seconds=1)


def _wait_until_readable(pipeline: Pipeline, offered: list[Event]) -> None:
    """Until the API, too, has each zone's newest row."""
    power = sorted((event for event in offered if isinstance(event, PowerBreakdownEvent)), key=lambda event: event.at)
    newest = {event.zone: event.updated_at for event in power}
    assert newest.keys() == {*ZONES}
    wait_until(
        lambda: all(_newest_update(pipeline, zone) >= updated_at for zone, updated_at in newest.items()),
        DEADLINE_SECONDS,
        "the newest row of every zone in the API",
    )


def _missing(pipeline: Pipeline, offered: list[Event]) -> list[tuple[str, Key, int]]:
    """(table, key, write time) of what is not there with its own write time, which also stands for its values."""
    stored = {table: write_times(pipeline.session, pipeline.keyspace, table) for table in TABLES}
    missing: list[tuple[str, Key, int]] = []
    for event in offered:
        for table, key in places(event).items():
            if stored[table].get(key) != event.write_timestamp_us():
                missing.append((table, key, event.write_timestamp_us()))
    return missing
