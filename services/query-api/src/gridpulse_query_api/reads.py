"""What the modules that read the store need of it."""

from collections.abc import Sequence
from typing import Protocol

from gridpulse_query_api.rows import Page

__all__ = ["Store"]


class Store(Protocol):
    """Runs a statement."""

    async def read(self, statement: str, parameters: Sequence[object]) -> list[Page]:
        """All pages of its result."""
        ...
