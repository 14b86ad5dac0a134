from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_contract.models import Granularity, Signal
from gridpulse_contract.normalise import SourceRequest
from gridpulse_ingester.errors import ConfigurationError
from gridpulse_ingester.source import Window
from gridpulse_ingester.windows import LONGEST_WINDOW, Progress, split

REQUEST = SourceRequest(Signal.POWER_BREAKDOWN, "DE")
instants = st.datetimes(
    min_value=datetime(2015, 1, 1),  # noqa: DTZ001 - hypothesis takes naive bounds and adds the zone
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)


@given(
    start=instants,
    span=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=800)),
    granularity=st.sampled_from(Granularity),
)
def test_windows_tile_the_span_exactly(start: datetime, span: timedelta, granularity: Granularity) -> None:
    """Whatever the zone in which the span was written, also across changes of its clock."""
    longest = LONGEST_WINDOW[granularity]
    end = start.astimezone(UTC) + span
    windows = list(split(start, end, longest))
    edges = [window.start for window in windows] + [end]
    assert edges[0] == start.astimezone(UTC)
    assert [window.end for window in windows] == edges[1:]
    assert all(timedelta(0) < window.end - window.start <= longest for window in windows)
    assert len(windows) <= span / longest + 2


@given(start=instants, cut=st.timedeltas(timedelta(hours=1), timedelta(days=60)))
def test_another_span_finds_the_windows_inside_already_done(start: datetime, cut: timedelta) -> None:
    longest = timedelta(days=10)
    end = start.astimezone(UTC) + timedelta(days=90)
    whole, later = set(map(str, split(start, end, longest))), list(split(start + cut, end, longest))
    assert {str(window) for window in later[1:]} <= whole


def test_progress_survives(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    start = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = (Window(start + timedelta(days=n), start + timedelta(days=n + 1)) for n in range(2))
    Progress(path).done(REQUEST, first)
    again = Progress(path)
    assert again.is_done(REQUEST, first)
    assert not again.is_done(REQUEST, second)
    assert not again.is_done(SourceRequest(Signal.POWER_BREAKDOWN, "FR"), first)
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "done": {}}', '{"version": 1, "done": 3}'])
def test_a_state_file_that_can_not_be_read_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="The state file"):
        Progress(path)


def test_a_state_file_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ConfigurationError, match="can not be written"):
        Progress(tmp_path / "absent" / "state.json").done(REQUEST, Window(start, start + timedelta(days=1)))
