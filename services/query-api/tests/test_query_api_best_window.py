"""The search for the greenest window, and the errors of forecasts: against the plainest way to find them."""

import math
import statistics
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_contract.models import Granularity
from gridpulse_query_api.best_window import best_window, whole_intervals
from gridpulse_query_api.errors import BadParameterError, NoFreshForecastError, QueryApiError, UnprocessableError
from gridpulse_query_api.forecast_errors import LeadErrors, Truth, lead_hours
from gridpulse_query_api.forecasts import Expected, Forecast, Issued
from gridpulse_query_api.instants import Span
from gridpulse_query_api.parameters_of_forecasts import BestWindowQuery, ForecastErrorsQuery
from gridpulse_query_api.planning import judged_span, plan_of, solve

from .conftest import HOUR, NOW, THIS_HOUR, ms

HOUR_MS = 3_600_000
INTENSITY = st.floats(0, 2000, width=32)
SOMETIMES_MISSING = st.one_of(INTENSITY, st.just(math.nan), st.none())


@given(values=st.lists(SOMETIMES_MISSING, max_size=30), length=st.integers(1, 8), start=st.integers(-5, 5))
def test_no_window_of_known_intervals_has_a_lower_mean(values: list[float | None], length: int, start: int) -> None:
    start_ms = start * HOUR_MS
    expected = {start_ms + i * HOUR_MS: value for i, value in enumerate(values) if value is not None}
    span = Span(start_ms, start_ms + len(values) * HOUR_MS)
    found = best_window(expected, span, HOUR_MS, length)
    sums: dict[int, Fraction] = {}
    for at_ms in range(span.start_ms, span.end_ms - length * HOUR_MS + 1, HOUR_MS):
        members = [expected.get(at_ms + index * HOUR_MS, math.nan) for index in range(length)]
        if not any(math.isnan(member) for member in members):
            sums[at_ms] = sum(map(Fraction, members), Fraction())
    if not sums:
        assert found is None
        return
    assert found is not None
    lowest = min(sums.values())
    assert found.window.end_ms - found.window.start_ms == length * HOUR_MS
    assert found.mean == pytest.approx(float(lowest / length))
    assert sums[found.window.start_ms] == pytest.approx(float(lowest))
    assert found.window.start_ms <= min(at_ms for at_ms, total in sums.items() if total == lowest)
    if span.start_ms in sums:
        assert found.soonest_mean == pytest.approx(float(sums[span.start_ms] / length))
        assert math.isnan(found.saved_percent) or found.saved_percent >= 0
    else:
        assert math.isnan(found.soonest_mean)
        assert math.isnan(found.saved_percent)


class CountedNumber(float):
    """A number that knows how often it was taken for a sum."""

    taken = 0

    def as_integer_ratio(self) -> tuple[int, int]:
        CountedNumber.taken += 1
        return super().as_integer_ratio()


def test_a_long_search_does_not_sum_every_window_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """20,000 windows of 20,000 intervals: each number goes into one running sum, where all windows take 400 million."""
    monkeypatch.setattr(CountedNumber, "taken", 0)
    minutes_5, count = HOUR_MS // 12, 40_000
    expected = {index * minutes_5: CountedNumber(0.1 * (index % 7)) for index in range(count)}
    assert best_window(expected, Span(0, count * minutes_5), minutes_5, count // 2) is not None
    assert CountedNumber.taken == count


@given(st.integers(-(10**14), 10**14), st.integers(0, 10**9))
def test_whole_intervals_lie_in_the_span_and_leave_less_than_one_at_each_end(start_ms: int, length_ms: int) -> None:
    span = Span(start_ms, start_ms + length_ms)
    whole = whole_intervals(span, HOUR_MS)
    assert whole.start_ms % HOUR_MS == whole.end_ms % HOUR_MS == 0
    assert 0 <= whole.start_ms - span.start_ms < HOUR_MS
    assert 0 <= span.end_ms - whole.end_ms < HOUR_MS


def query(**values: Any) -> BestWindowQuery:
    return BestWindowQuery.model_validate({"duration": "PT3H", **values})


def test_a_window_begins_with_an_interval_that_has_not_begun() -> None:
    plan = plan_of(query(), NOW)
    assert (plan.span, plan.length) == (Span(ms(THIS_HOUR + HOUR), ms(THIS_HOUR + 24 * HOUR)), 3)
    assert plan_of(query(earliest="2020-01-01T00:00Z"), NOW) == plan
    assert plan_of(query(within="P2D"), NOW).span.end_ms == ms(THIS_HOUR + 48 * HOUR)
    later = plan_of(query(earliest="2026-06-15T18:00Z", latest="2026-06-16T06:59Z"), NOW)
    assert later.span == Span(ms(THIS_HOUR + 6 * HOUR), ms(THIS_HOUR + 18 * HOUR))
    quarters = plan_of(query(duration="PT45M", granularity="15_minutes"), NOW)
    assert (quarters.width_ms, quarters.length, quarters.span.start_ms) == (
        HOUR_MS // 4,
        3,
        ms(THIS_HOUR + HOUR * 0.75),
    )


@pytest.mark.parametrize(
    ("values", "error", "parameter", "reason"),
    [
        ({"duration": "PT90M"}, UnprocessableError, "duration", "PT1H30M is not a whole number of hourly intervals"),
        ({"within": "PT3H"}, UnprocessableError, "within", "From 2026-06-15T13:00:00Z"),
        ({"latest": "2026-06-15T15:00Z"}, UnprocessableError, "latest", "no room for PT3H"),
        ({"latest": "2026-06-15T12:00Z"}, BadParameterError, "latest", "must be after now"),
        (
            {"earliest": "2026-06-16T12:00Z", "latest": "2026-06-16T12:00Z"},
            BadParameterError,
            "latest",
            "after earliest",
        ),
        ({"latest": "2099-12-31T00:00Z"}, BadParameterError, "latest", "more than P7D after 2026-06-15T12:34:56Z"),
        ({"within": "P1D", "latest": "2026-06-16T12:00Z"}, BadParameterError, "within", "either within or latest"),
    ],
)
def test_what_can_not_be_found_is_said(
    values: dict[str, str], error: type[QueryApiError], parameter: str, reason: str
) -> None:
    with pytest.raises(error, match=reason) as raised:
        plan_of(query(**values), NOW)
    assert raised.value.parameter == parameter


def test_only_a_fresh_forecast_that_reaches_far_enough_is_planned_by() -> None:
    rows = [Expected(ms(THIS_HOUR + number * HOUR), 300 - number) for number in range(6)]
    fresh = Forecast(ms(NOW - 6 * HOUR), rows)
    asked = query()
    best = solve(plan_of(asked, NOW), fresh, asked, NOW)
    assert (best.window.start_ms, best.mean, best.soonest_mean) == (ms(THIS_HOUR + 3 * HOUR), 296, 298)
    assert best.span_mean == 297
    assert best.span == Span(ms(THIS_HOUR + HOUR), ms(THIS_HOUR + 6 * HOUR)), "as far as the forecast reaches"
    short = query(within="PT4H")
    assert solve(plan_of(short, NOW), fresh, short, NOW).span.end_ms == ms(THIS_HOUR + 4 * HOUR)
    assert best.saved_percent == pytest.approx(100 * (1 - 296 / 298))
    old = Forecast(ms(NOW - 6 * HOUR) - 1, rows)
    with pytest.raises(NoFreshForecastError, match="more than 6 hours ago"):
        solve(plan_of(asked, NOW), old, asked, NOW)
    patient = query(max_age_hours=7)
    assert solve(plan_of(patient, NOW), old, patient, NOW) == best
    long = query(duration="PT6H")
    with pytest.raises(UnprocessableError, match="reaches to 2026-06-15T18:00:00Z"):
        solve(plan_of(long, NOW), fresh, long, NOW)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(-2, 30), SOMETIMES_MISSING.filter(lambda v: v is not None))),
    st.dictionaries(st.integers(0, 40), st.tuples(SOMETIMES_MISSING.filter(lambda v: v is not None), st.booleans())),
)
def test_errors_are_those_of_every_pair_of_expected_and_true(
    forecasts: list[tuple[int, int, float]], truth: dict[int, tuple[float, bool]]
) -> None:
    minutes = 26 * 60_000
    issued = [Issued(issue * HOUR_MS + minutes, (issue + lead) * HOUR_MS, value) for issue, lead, value in forecasts]
    found = LeadErrors({hour * HOUR_MS: Truth(value, is_measured) for hour, (value, is_measured) in truth.items()})
    found.add(issued)
    by_lead: dict[int, list[tuple[float, bool]]] = {}
    for issue, lead, value in forecasts:
        true, is_measured = truth.get(issue + lead, (math.nan, False))
        if not math.isnan(value) and not math.isnan(true):
            by_lead.setdefault(max(0, lead), []).append((value - true, is_measured))
    assert [errors["lead_hours"] for errors in found.by_lead()] == sorted(by_lead)
    for errors in found.by_lead():
        pairs = by_lead[errors["lead_hours"]]
        differences = [difference for difference, _ in pairs]
        assert errors["count"] == len(pairs)
        assert errors["measured_percent"] == pytest.approx(100 * statistics.mean(measured for _, measured in pairs))
        assert errors["mean_error_gco2eq_per_kwh"] == pytest.approx(statistics.mean(differences), abs=1e-9)
        mean_absolute = statistics.mean(map(abs, differences))
        assert errors["mean_absolute_error_gco2eq_per_kwh"] == pytest.approx(mean_absolute, abs=1e-9)
        root = math.sqrt(statistics.mean(difference**2 for difference in differences))
        assert errors["root_mean_square_error_gco2eq_per_kwh"] == pytest.approx(root, abs=1e-9)


@pytest.mark.parametrize(("minutes", "lead"), [(-25, 0), (0, 0), (1, 1), (35, 1), (60, 1), (61, 2), (24 * 60, 24)])
def test_lead_time_is_in_begun_hours(minutes: int, lead: int) -> None:
    issued_at = datetime(2026, 6, 15, 17, 25, tzinfo=UTC)
    assert lead_hours(ms(issued_at), ms(issued_at + timedelta(minutes=minutes))) == lead


def test_the_range_of_errors_is_limited() -> None:
    week = judged_span(ForecastErrorsQuery(), NOW)
    assert week == Span(ms(THIS_HOUR - timedelta(days=7)), ms(THIS_HOUR))
    two_days = judged_span(ForecastErrorsQuery(granularity=Granularity.MINUTES_5), NOW)
    assert two_days.end_ms - two_days.start_ms == 48 * HOUR_MS
    asked = ForecastErrorsQuery.model_validate({"start": "2026-05-01T00:00Z"})
    with pytest.raises(BadParameterError, match="31 days at most"):
        judged_span(asked, NOW)
    with pytest.raises(BadParameterError, match="must be before end"):
        judged_span(ForecastErrorsQuery(start=NOW), NOW)
