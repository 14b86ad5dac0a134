"""Which rows are served where some are composed: over rows in memory, since what the store does is tested elsewhere."""

from datetime import datetime, timedelta

import pytest

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_contract.models import Granularity, Signal
from gridpulse_contract.modes import MODES
from gridpulse_query_api.composing import is_whole
from gridpulse_query_api.instants import Span, as_utc
from gridpulse_query_api.repository import Repository, Revisions
from gridpulse_query_api.rows import Row
from gridpulse_query_api.series import Series
from gridpulse_query_api.serving import ServedRows

from .test_query_api_composing import AT, NAN, mix_of, part

POWER = Series(Signal.POWER_BREAKDOWN, "XT-1", Granularity.HOURLY)
NOW = AT + timedelta(minutes=30)
OWN, NORMAL, TRACED = "power-breakdown", "electricity-mix/normal", "electricity-mix/flow-traced"


class Held(Repository):
    """Revisions by signal and variant, of which one read gives out `most` intervals; the last one of each counts."""

    def __init__(self, held: dict[str, list[Row]], most: int = 100) -> None:
        self._held = held
        self._most = most

    def _in(self, series: Series, span: Span) -> list[Row]:
        name = "/".join(filter(None, (series.signal.value, series.variant)))
        return [row for row in self._held.get(name, ()) if span.start_ms <= row.at_ms < span.end_ms]

    async def latest(self, series: Series, now: datetime) -> Row | None:
        rows = await self.rows(series, Span(0, round(now.timestamp() * 1000) + 1))
        return rows[-1] if rows else None

    async def rows(self, series: Series, span: Span) -> list[Row]:
        return list({row.at_ms: row for row in self._in(series, span)}.values())

    async def revisions(self, series: Series, span: Span) -> Revisions:
        rows = self._in(series, span)
        starts = sorted({row.at_ms for row in rows})
        if len(starts) <= self._most:
            return Revisions(rows, None)
        return Revisions([row for row in rows if row.at_ms < starts[self._most]], starts[self._most])


def own(hour: int) -> Row:
    return part([1.0] * len(POWER_NUMBER_COLUMNS), hour=hour)


def mix(hour: int, mw: float = 5.0) -> Row:
    return part(mix_of(dict.fromkeys(MODES, mw)), hour=hour)


async def test_revisions_after_a_cut_of_the_mix_are_not_lost() -> None:
    """The mix is cut where the source's own rows are: what it says of the hours after them is on a later page."""
    hours = range(-8, 0)
    # The first hour of the mix that the source lacks lies behind those that one read gives out.
    held = {OWN: [own(hour) for hour in hours if hour not in (-8, -1)], NORMAL: [mix(hour) for hour in hours[1:]]}
    served = ServedRows(Held(held, most=6))
    rows: list[Row] = []
    start_ms: int | None = part(hour=-8).at_ms
    while start_ms is not None:
        found = await served.revisions(POWER, Span(start_ms, part().at_ms))
        rows += found.rows
        start_ms = found.resume_ms
    assert [row.at_ms for row in rows] == [part(hour=hour).at_ms for hour in hours[1:]]
    assert [bool(row.composed_of) for row in rows] == [False] * 6 + [True]


@pytest.mark.parametrize(
    ("held", "hour", "is_composed"),
    [
        pytest.param({OWN: [own(-1)], NORMAL: [mix(0)], TRACED: [mix(0)]}, 0, True, id="a whole one is newest"),
        pytest.param({OWN: [own(-3)], NORMAL: [mix(0)]}, -3, False, id="no flow-traced mix: the source's own"),
        pytest.param({OWN: [own(-3)], NORMAL: [mix(0)], TRACED: [mix(0, NAN)]}, -3, False, id="one without a mode"),
        pytest.param({OWN: [own(-3)], NORMAL: [mix(0, NAN)], TRACED: [mix(0)]}, -3, False, id="nothing is produced"),
        pytest.param(
            {OWN: [own(-3)], NORMAL: [mix(-2), mix(-1), mix(0)], TRACED: [mix(-2)]}, -2, True, id="the last whole one"
        ),
        pytest.param({NORMAL: [mix(-1), mix(0)], TRACED: [mix(-1)]}, -1, True, id="also without any own"),
        pytest.param({NORMAL: [mix(-1), mix(0)]}, 0, True, id="nothing is whole: the newest"),
        pytest.param({OWN: [own(-24)], NORMAL: [mix(0)]}, -24, False, id="an own of a day ago"),
        pytest.param({OWN: [own(-25)], NORMAL: [mix(0)]}, 0, True, id="an own that is too old to be news"),
    ],
)
async def test_a_row_with_holes_is_the_newest_only_where_there_is_none_better(
    held: dict[str, list[Row]], hour: int, *, is_composed: bool
) -> None:
    row = await ServedRows(Held(held)).latest(POWER, NOW)
    assert row is not None
    assert (as_utc(row.at_ms), bool(row.composed_of)) == (AT + timedelta(hours=hour), is_composed)


def test_the_own_row_of_the_source_is_whole_whatever_it_lacks() -> None:
    assert is_whole(part([NAN] * len(POWER_NUMBER_COLUMNS)))
