import math
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gridpulse_query_api.ranking import Candidate, rank

from .conftest import carbon_row

AT = datetime(2026, 6, 1, tzinfo=UTC)


def candidate(zone: str, value: float, age_seconds: int | None = 60) -> Candidate:
    return Candidate(zone, None, None if age_seconds is None else carbon_row(AT, value), value, age_seconds)


def test_equal_numbers_share_a_rank_and_the_rest_comes_last() -> None:
    found = rank(
        [
            candidate("SE", 20),
            candidate("PL", 600),
            candidate("NO", 20),
            candidate("XX", math.nan),
            candidate("OLD", 1, age_seconds=7200),
            candidate("NONE", math.nan, age_seconds=None),
        ],
        is_ascending=True,
        max_age_seconds=3600,
    )
    assert [(member.candidate.zone, member.rank) for member in found] == [
        ("NO", 1), ("SE", 1), ("PL", 3), ("NONE", None), ("OLD", None), ("XX", None),
    ]  # fmt: skip


@given(st.lists(st.floats(-1e5, 1e5) | st.just(math.nan)), st.booleans())
def test_a_ranking_is_in_order_and_loses_nobody(values: list[float], is_ascending: bool) -> None:
    members = [candidate(f"Z{index}", value) for index, value in enumerate(values)]
    found = rank(members, is_ascending=is_ascending, max_age_seconds=3600)
    assert sorted(member.candidate.zone for member in found) == sorted(member.zone for member in members)
    ranked = [member.candidate.value for member in found if member.rank is not None]
    assert ranked == sorted(ranked, reverse=not is_ascending)
    assert len(ranked) == sum(not math.isnan(value) for value in values)
    for member in found:
        better = [v for v in ranked if (v < member.candidate.value if is_ascending else v > member.candidate.value)]
        assert member.rank is None or member.rank == len(better) + 1
