"""How the source changes its mind about a row: what it says when, as a pure function of zone, row and seed.

The life of a row follows what was recorded of the real source: first an estimate, published around the row's start;
another an hour later; measured values after some hours; then the same values touched again, in some rows corrected, in
some zones corrected and taken back (A, B, A), at times with a value withdrawn; and touched again after a week and a
month, when the vendor refetches.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from gridpulse_contract.models import Granularity
from gridpulse_standin.chance import draws

__all__ = ["WIDTH", "Content", "Revision", "RevisionPlan", "floor"]

WIDTH: Final = {
    Granularity.MINUTES_5: timedelta(minutes=5),
    Granularity.MINUTES_15: timedelta(minutes=15),
    Granularity.HOURLY: timedelta(hours=1),
}
"""Width of a row."""

_METHODS: Final = ("TIME_SLICER_AVERAGE", "TIME_SLICER_AVERAGE", "FORECASTS_HIERARCHY", "MODE_BREAKDOWN")
_MEASURED_AFTER_H: Final = (1.6, 1.9, 2.3, 3.1, 5.5)
_REVISIONS_KEPT: Final = 65_536


class Content(StrEnum):
    """What a revision says; two revisions of a row with equal content have equal values."""

    FIRST_ESTIMATE = "first-estimate"
    SECOND_ESTIMATE = "second-estimate"
    MEASURED = "measured"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Revision:
    """One thing the source says about a row, from `updated_at` until the next revision."""

    updated_at: datetime
    content: Content
    estimation_method: str | None

    @property
    def is_estimated(self) -> bool:
        """Whether the values are estimates."""
        return self.estimation_method is not None


@dataclass(frozen=True)
class _Habits:
    """How a zone's data arrive."""

    first_after: timedelta  # from the start of the row; negative = published ahead
    measured_after: timedelta
    method: str
    flips: bool


class RevisionPlan:
    """The revisions of every row. Deterministic by seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._habits = lru_cache(None)(self._draw_habits)
        self.of = lru_cache(_REVISIONS_KEPT)(self._revisions)
        """(zone, row start, granularity) -> every revision of the row, oldest first, past and future."""

    def current(self, zone: str, at: datetime, granularity: Granularity, now: datetime) -> Revision | None:
        """What the source says at `now` about the row that starts at `at`; None before its first revision."""
        said: Revision | None = None
        for revision in self.of(zone, at, granularity):
            if revision.updated_at > now:
                break
            said = revision
        return said

    def newest(self, zone: str, granularity: Granularity, now: datetime, *, estimates: bool = True) -> datetime:
        """Start of the newest row with a revision at `now`, or with a measured one; it can lie ahead of `now`."""
        width = WIDTH[granularity]
        at = floor(now, granularity) + width * (timedelta(hours=1) // width)
        while True:
            revision = self.current(zone, at, granularity, now)
            if revision is not None and (estimates or not revision.is_estimated):
                return at
            at -= width

    def _draw_habits(self, zone: str) -> _Habits:
        lead, first, measured, method, flips, *_ = draws(self._seed, "habits", zone)
        return _Habits(
            first_after=timedelta(minutes=-12 if lead < 0.4 else 3 + 20 * first),
            measured_after=timedelta(hours=_MEASURED_AFTER_H[int(measured * len(_MEASURED_AFTER_H))]),
            method=_METHODS[int(method * len(_METHODS))],
            flips=flips < 0.3,
        )

    def _revisions(self, zone: str, at: datetime, granularity: Granularity) -> tuple[Revision, ...]:
        habits = self._habits(zone)
        *jitter, touched, corrected, taken_back, withdrawn, kept = draws(self._seed, zone, at.timestamp(), granularity)

        def spread(place: int, minutes: float) -> timedelta:
            return timedelta(milliseconds=int((jitter[place] - 0.5) * minutes * 60_000))

        steps: list[tuple[timedelta, Content]] = [
            (habits.first_after + spread(0, 5), Content.FIRST_ESTIMATE),
            (timedelta(minutes=50) + spread(1, 8), Content.SECOND_ESTIMATE),
            (habits.measured_after + spread(2, 20), Content.MEASURED),
        ]
        if touched < 0.6:
            steps.append((habits.measured_after + timedelta(hours=2.5) + spread(3, 90), Content.MEASURED))
        if corrected < (0.8 if habits.flips else 0.25):
            steps.append((timedelta(hours=11) + spread(4, 240), Content.CORRECTED))
            if taken_back < (0.9 if habits.flips else 0.1):
                steps.append((timedelta(hours=16) + spread(5, 200), Content.MEASURED))
        if withdrawn < 0.06:
            steps.append((timedelta(hours=20) + spread(6, 180), Content.WITHDRAWN))
            if kept < 0.5:
                steps.append((timedelta(hours=27) + spread(7, 180), steps[-2][1]))
        settled = steps[-1][1]
        steps.append((timedelta(days=7) + spread(8, 600), settled))
        steps.append((timedelta(days=30) + spread(9, 600), settled))
        return tuple(self._dated(at, steps, habits.method))

    @staticmethod
    def _dated(at: datetime, steps: Iterable[tuple[timedelta, Content]], method: str) -> Iterable[Revision]:
        for after, content in steps:
            estimated = content in (Content.FIRST_ESTIMATE, Content.SECOND_ESTIMATE)
            yield Revision(_whole_milliseconds(at + after), content, method if estimated else None)


def floor(instant: datetime, granularity: Granularity) -> datetime:
    """Start of the row that contains the instant, in UTC."""
    width_s = int(WIDTH[granularity].total_seconds())
    return datetime.fromtimestamp(int(instant.timestamp()) // width_s * width_s, UTC)


def _whole_milliseconds(instant: datetime) -> datetime:
    """The instant without what the source cannot say."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
