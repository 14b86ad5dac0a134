"""Durations: what is taken, and what is answered to the rest."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_query_api.durations import MAX_DURATION, as_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("PT3H", 180),
        ("PT90M", 90),
        ("P1D", 1440),
        ("P1DT12H", 2160),
        ("P0DT2H30M", 150),
        ("PT0H5M", 5),
        ("P7D", 10080),
        ("PT168H", 10080),
    ],
)
def test_days_hours_and_minutes(text: str, minutes: int) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *((text, "is not an ISO 8601 duration") for text in ("", "3h", "P", "PT", "P1DT", "3", "PT3", "T3H", "pt3h")),
        *(
            (text, "such as PT3H, PT90M or P1DT12H")
            for text in ("P1Y", "P1M", "P1W", "PT1.5H", "-PT3H", "PT3H ", "PT3S")
        ),
        *((text, "is not between a minute and P7D") for text in ("PT0M", "P0D", "P8D", "PT169H", "P9999DT9999H99999M")),
        ("PT٣H", "is not an ISO 8601 duration"),
    ],
)
def test_anything_else_is_answered_with_what_to_write(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        parse_duration(text)


@given(st.timedeltas(timedelta(minutes=1), MAX_DURATION))
def test_what_is_written_is_read_again(duration: timedelta) -> None:
    whole = duration - duration % timedelta(minutes=1)
    assert parse_duration(as_duration(whole)) == whole


@given(st.one_of(st.text(), st.from_regex(r"P[0-9DTHMYWS.]*", fullmatch=True)))
def test_any_text_is_a_duration_or_a_sentence(text: str) -> None:
    try:
        duration = parse_duration(text)
    except ValueError as error:
        said = str(error)
    else:
        said = repr(text) if timedelta() < duration <= MAX_DURATION else ""
    assert repr(text) in said
