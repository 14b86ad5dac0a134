"""Durations at the boundary: ISO 8601, as far as every one of them has the same length."""

import re
from datetime import timedelta
from typing import Final

__all__ = ["MAX_DURATION", "as_duration", "parse_duration"]

MAX_DURATION: Final = timedelta(days=7)
_FORM: Final = re.compile(r"P(?:([0-9]{1,4})D)?(?:T(?=[0-9])(?:([0-9]{1,4})H)?(?:([0-9]{1,5})M)?)?")
_MINUTE: Final = timedelta(minutes=1)


def parse_duration(text: str) -> timedelta:
    """Whole days, hours and minutes, such as PT3H or P1DT12H. Raises ValueError with what to write instead."""
    found = _FORM.fullmatch(text)
    if found is None or not any(found.groups()):
        raise ValueError(
            f"{text!r} is not an ISO 8601 duration of days, hours and minutes, such as PT3H, PT90M or P1DT12H"
        )
    days, hours, minutes = (int(part or 0) for part in found.groups())
    duration = timedelta(days=days, hours=hours, minutes=minutes)
    if not timedelta() < duration <= MAX_DURATION:
        raise ValueError(f"{text!r} is not between a minute and {as_duration(MAX_DURATION)}")
    return duration


def as_duration(duration: timedelta) -> str:
    """The duration as ISO 8601 writes it, in days, hours and whole minutes."""
    hours, minutes = divmod(duration // _MINUTE, 60)
    days, hours = divmod(hours, 24)
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number)
    date = f"{days}D" if days else ""
    return f"P{date}T{time}" if time else f"P{date or 'T0M'}"
