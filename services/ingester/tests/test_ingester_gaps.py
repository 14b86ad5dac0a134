from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_ingester.gaps import HOUR, days_before, hours_of, merged, missing_hours, stretches
from gridpulse_ingester.source import Window

START: Final = datetime(2026, 3, 1, tzinfo=UTC)
hours = st.integers(0, 24 * 60).map(lambda number: START + number * HOUR)
some_hours = st.lists(hours, max_size=80)
longest = st.integers(1, 240).map(lambda number: number * HOUR)
instants = st.datetimes(
    min_value=datetime(1960, 1, 1),  # noqa: DTZ001 - hypothesis takes naive bounds and adds the zone
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)


@given(start=instants, length=st.timedeltas(timedelta(0), timedelta(days=3)))
def test_the_hours_of_a_window_are_all_that_start_in_it(start: datetime, length: timedelta) -> None:
    """Whatever the zone it is written in: hours are UTC's."""
    end = start.astimezone(UTC) + length
    found = list(hours_of(Window(start, end)))
    assert all(hour.utcoffset() == timedelta(0) and hour.minute == hour.second == 0 for hour in found)
    assert all(start <= hour < end for hour in found)
    assert all(after - before == HOUR for before, after in pairwise(found))
    assert not found or (found[0] - HOUR < start and found[-1] + HOUR >= end)
    assert bool(found) or end - start < HOUR


@given(present=st.sets(hours), first=hours, second=hours)
def test_present_and_missing_hours_are_the_window(present: set[datetime], first: datetime, second: datetime) -> None:
    window = Window(min(first, second), max(first, second))
    missing = missing_hours(window, present)
    assert missing == sorted(missing)
    assert not present & set(missing)
    assert present | set(missing) >= set(hours_of(window))
    assert all(window.start <= hour < window.end for hour in missing)


@given(wanted=some_hours, longest=longest)
def test_merged_windows_hold_every_hour_and_are_few(wanted: list[datetime], longest: timedelta) -> None:
    windows = merged(wanted, longest)
    held = [hour for window in windows for hour in hours_of(window)]
    assert set(wanted) <= set(held)
    assert len(held) == len(set(held))
    assert all(HOUR <= window.end - window.start <= longest for window in windows)
    edges = {window.start for window in windows} | {window.end - HOUR for window in windows}
    assert edges <= set(wanted)  # nothing is asked for before the first or after the last
    # Each window starts with an hour that the ones before could not hold, so it takes as many in any case.
    lonely = [window.start for window in windows]
    assert all(later + HOUR - earlier > longest for earlier, later in pairwise(lonely))
    on_a_grid = {(hour - START) // longest for hour in wanted}
    assert len(windows) <= len(on_a_grid)


@given(wanted=some_hours)
def test_stretches_are_exactly_the_hours(wanted: list[datetime]) -> None:
    windows = stretches(wanted)
    assert [hour for window in windows for hour in hours_of(window)] == sorted(set(wanted))
    assert all(before.end < after.start for before, after in pairwise(windows))


def test_days_before_an_instant_are_whole_days_of_utc() -> None:
    end = datetime.fromisoformat("2026-03-30T01:30:00+02:00")  # the day before, in UTC
    midnight = datetime(2026, 3, 29, tzinfo=UTC)
    assert days_before(end, [30, 7, 7]) == [
        Window(midnight - timedelta(days=days), midnight - timedelta(days=days - 1)) for days in (7, 30)
    ]


@pytest.mark.parametrize(("apart", "requests"), [(9, 1), (10, 2)])
def test_two_lone_hours_are_one_request_within_ten_days(apart: int, requests: int) -> None:
    assert len(merged([START, START + timedelta(days=apart)], timedelta(days=10))) == requests
