"""How a check fails."""

from collections.abc import Sequence
from typing import Final

from gridpulse_spark.errors import CheckFailedError

__all__ = ["fail_if_any"]

_SHOWN: Final = 20


def fail_if_any(problems: Sequence[str]) -> None:
    """Raise CheckFailedError naming the problems, the first of them where there are many."""
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise CheckFailedError("\n".join([*problems[:_SHOWN], *more]))
