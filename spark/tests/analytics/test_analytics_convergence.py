"""`power_daily` converges: whatever runs saw, and whatever order they wrote in, the rows are those of all events."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import HOUR, Lake, Made, made, utc

DAY: Final = date(2026, 6, 10)
MIDNIGHT: Final = utc(2026, 6, 10)
RUNS: Final = 5
CELLS: Final = ("energy_mwh", "coverage_percent", "kind", "measured_percent", "updated_at")

Key = tuple[object, ...]
numbers = st.none() | st.integers(-1000, 5000).map(lambda value: value / 7)


@st.composite
def revisions(draw: st.DrawFn) -> tuple[int, int, str, dict[str, float | None]]:
    """Hour, minutes until the revision, kind and values. Few hours and minutes, so that one often follows another."""
    names = ("prod_wind_mw", "prod_hydro_discharge_mw", "consumption_total_mw")
    kind = draw(st.sampled_from(["measured", "estimated", "unknown"]))
    return draw(st.integers(0, 4)), draw(st.integers(1, 6)), kind, {name: draw(numbers) for name in names}


histories = st.lists(revisions(), min_size=1, max_size=14, unique_by=lambda revision: revision[:2])
orders = st.permutations(range(RUNS))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Any], list[set[int]], Sequence[int]]:
    """A history; what each run saw of it, the last one all; and the order in which the runs' writes arrive."""
    history = draw(histories)
    seen = [draw(st.sets(st.sampled_from(range(len(history))), min_size=1)) for _ in range(RUNS - 1)]
    return history, [*seen, set(range(len(history)))], draw(orders)


def store(rows: Sequence[Made]) -> dict[Key, dict[str, tuple[int, str]]]:
    """What Cassandra keeps: of each cell the newest write, of two at one time the larger value."""
    cells: dict[Key, dict[str, tuple[int, str]]] = {}
    for row in rows:
        held = cells.setdefault((row["day"], row["flow"], row["mode"]), {})
        for name in CELLS:
            written = (row["write_timestamp_us"], repr(row[name]))
            held[name] = max(held.get(name, written), written)
    return cells


@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(cases(), min_size=40, max_size=40))
def test_the_rows_of_all_events_win(
    lake: Lake, answer: Callable[..., list[Made]], many: list[tuple[list[Any], list[set[int]], Sequence[int]]]
) -> None:
    # Each run of each case is a zone of its own, so that Spark is asked once for all of them.
    lake(
        made(f"X{case}-{run}", at, at + minutes * HOUR / 60, **{**values, "kind": kind})
        for case, (history, seen, _) in enumerate(many)
        for run, members in enumerate(seen)
        for hour, minutes, kind, values in (history[member] for member in sorted(members))
        for at in [instant(hour)]
    )
    rows_of: dict[str, list[Made]] = {}
    for row in answer("power_daily", DAY, date(2026, 6, 11)):
        rows_of.setdefault(row["zone"], []).append(row)
    for case, (_, _, order) in enumerate(many):
        whole = rows_of[f"X{case}-{RUNS - 1}"]
        arrived = [row for run in order for row in rows_of[f"X{case}-{run}"]]
        assert store(arrived) == store(whole)
        assert all(None not in row.values() for row in whole)


def instant(hour: int) -> datetime:
    return MIDNIGHT + hour * HOUR


def test_a_late_hour_that_is_no_newer_still_makes_a_newer_row(lake: Lake, answer: Callable[..., list[Made]]) -> None:
    """Where the newest `updated_at` would tie: an hour that is backfilled with an older revision."""
    newest = MIDNIGHT + 9 * HOUR
    lake(
        [
            made("X1", MIDNIGHT, newest, prod_wind_mw=1),
            made("X2", MIDNIGHT, newest, prod_wind_mw=1),
            made("X2", MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR, prod_wind_mw=1),
        ]
    )
    before, after = sorted(
        answer("power_daily", DAY, date(2026, 6, 11), flow="production", mode="wind"), key=lambda row: row["zone"]
    )
    assert before["updated_at"] == after["updated_at"]
    assert before["write_timestamp_us"] < after["write_timestamp_us"]
    assert (before["energy_mwh"], after["energy_mwh"]) == (1, 2)


def test_a_number_that_is_taken_back_is_overwritten(lake: Lake, answer: Callable[..., list[Made]]) -> None:
    lake([made("X1", MIDNIGHT, None, prod_wind_mw=1), made("X1", MIDNIGHT, MIDNIGHT + 3 * HOUR)])
    (row,) = answer("power_daily", DAY, date(2026, 6, 11), flow="production", mode="wind")
    assert (row["energy_mwh"], row["coverage_percent"]) == ("NaN", 0)
