"""Which of two forecasts counts: over a store in memory, and by itself."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from gridpulse_contract.models import Granularity, Signal
from gridpulse_query_api.forecast_reads import ForecastReads, forecast_statements
from gridpulse_query_api.forecasts import Expected, Forecast, preferred
from gridpulse_query_api.instants import to_ms
from gridpulse_query_api.rows import Page
from gridpulse_query_api.series import Series

HOUR = timedelta(hours=1)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
ISSUED_AT = NOON + timedelta(minutes=20)
SERIES = Series(Signal.CARBON_INTENSITY, "XF", Granularity.HOURLY, "lifecycle")
NEWEST, ISSUE, _ = forecast_statements("power")


def forecast(issued_at: datetime, *hours: int) -> Forecast:
    """One with these hours, counted from noon."""
    return Forecast(to_ms(issued_at), [Expected(to_ms(NOON + hour * HOUR), 100.0) for hour in hours])


@pytest.mark.parametrize(
    ("newest", "before", "is_before"),
    [
        pytest.param(range(25), range(-1, 24), False, id="whole"),
        pytest.param(range(1, 25), range(25), False, id="whole, to the same end"),
        pytest.param(range(5), range(-1, 24), True, id="its beginning"),
        pytest.param([1, 2, 24], range(-1, 24), True, id="with holes up to its end"),
        pytest.param([-1, 0], range(-1, 24), True, id="nothing ahead"),
        pytest.param([0], [0], False, id="neither has anything ahead"),
    ],
)
def test_a_forecast_that_says_less_does_not_count_yet(
    newest: Sequence[int], before: Sequence[int], *, is_before: bool
) -> None:
    new, old = forecast(ISSUED_AT, *newest), forecast(ISSUED_AT - HOUR, *before)
    assert preferred(new, old, old.issued_at_ms) is (old if is_before else new)
    assert preferred(new, old, old.issued_at_ms + 1) is new
    assert preferred(new, None, 0) is new


class Held:
    """A store of forecasts: the two statements that look for the newest one."""

    def __init__(self, *forecasts: Forecast) -> None:
        self._held = sorted(forecasts, key=lambda each: each.issued_at_ms)

    async def read(self, statement: str, parameters: Sequence[object]) -> list[Page]:
        *_, month, issued_at_ms = parameters
        assert isinstance(issued_at_ms, int)
        in_month = [each for each in self._held if f"{_instant(each):%Y%m}" == str(month)]
        if statement == NEWEST:
            cells = [[_timestamp(each.issued_at_ms)] for each in in_month if each.issued_at_ms <= issued_at_ms][-1:]
        else:
            assert statement == ISSUE
            (found,) = (each for each in in_month if each.issued_at_ms == issued_at_ms)
            cells = [[_timestamp(row.at_ms), struct.pack(">d", row.intensity), b""] for row in found.rows]
        return [Page(len(cells), b"".join(struct.pack(">i", len(cell)) + cell for row in cells for cell in row))]


def _instant(each: Forecast) -> datetime:
    return datetime.fromtimestamp(each.issued_at_ms / 1000, UTC)


def _timestamp(milliseconds: int) -> bytes:
    return struct.pack(">q", milliseconds)


async def test_the_one_before_is_found_in_the_month_before() -> None:
    midnight = NOON + 12 * HOUR
    whole, part = forecast(midnight - HOUR, *range(12, 36)), forecast(midnight + HOUR, *range(14, 20))
    reads = ForecastReads(Held(whole, part), "power")
    now = midnight + 2 * HOUR
    assert await reads.newest(SERIES, now) == whole
    assert await reads.newest(SERIES, now, 3 * HOUR) == whole
    assert await reads.newest(SERIES, now, 2 * HOUR) == part
    assert await reads.newest(SERIES, now + 4 * HOUR) == part
    assert await reads.newest(SERIES, midnight) == whole
    assert await reads.newest(SERIES, midnight - 2 * HOUR) is None
