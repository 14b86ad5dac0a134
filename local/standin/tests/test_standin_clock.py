"""The virtual clock starts in the past, runs as fast as it is told, and never passes the real time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_standin.clock import ClockError, VirtualClock

START = datetime(2026, 3, 18, 12, tzinfo=UTC)


class Wall:
    """A real time that the test moves."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@given(
    st.floats(0, 1e6),
    st.timedeltas(timedelta(0), timedelta(days=30)),
    st.lists(st.timedeltas(timedelta(0), timedelta(days=3)), max_size=8),
)
def test_never_backwards_and_never_past_the_real_time(speed: float, behind: timedelta, steps: list[timedelta]) -> None:
    wall = Wall()
    clock = VirtualClock(behind=behind, speed=speed, real=wall)
    before = clock.now()
    assert before == START - behind
    for step in steps:
        wall.time += step
        assert before <= clock.now() <= wall.time
        before = clock.now()


def test_runs_at_its_speed_until_it_has_caught_up() -> None:
    wall = Wall()
    clock = VirtualClock(behind=timedelta(days=1), speed=1440, real=wall)
    wall.time += timedelta(seconds=30)
    assert clock.now() == START - timedelta(days=1) + timedelta(hours=12)
    wall.time += timedelta(seconds=60)
    assert clock.now() == wall.time
    wall.time += timedelta(seconds=1)
    assert clock.now() == wall.time


def test_pinned_until_released() -> None:
    wall = Wall()
    clock = VirtualClock(behind=timedelta(0), speed=1, real=wall)
    clock.set(now=START - timedelta(hours=5), speed=0)
    wall.time += timedelta(hours=1)
    assert clock.now() == START - timedelta(hours=5)
    assert clock.speed == 0
    clock.set(speed=60)
    wall.time += timedelta(minutes=1)
    assert clock.now() == START - timedelta(hours=4)
    with pytest.raises(ClockError):
        clock.set(now=wall.time + timedelta(seconds=1), speed=0)
