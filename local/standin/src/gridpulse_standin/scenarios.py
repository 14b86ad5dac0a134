"""Faults that a test switches on, and which requests they hit."""

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gridpulse_standin.chance import draws

__all__ = ["Fault", "Scenario", "Scenarios"]


class Fault(StrEnum):
    """What goes wrong."""

    RATE_LIMITED = "rate-limited"  # 429 with Retry-After
    RATE_LIMITED_BARE = "rate-limited-bare"  # 429 without
    SERVER_ERROR = "server-error"  # 500
    UNAVAILABLE = "unavailable"  # 503
    HTML_OK = "html-ok"  # 200 with a page
    HTML_BAD_GATEWAY = "html-bad-gateway"  # 502 with a page
    ACCESS_DENIED = "access-denied"  # 403 with plain text
    NO_RECENT_DATA = "no-recent-data"  # 404
    NO_ROUTE = "no-route"  # the gateway's 404; with a signal's path, a signal that the source has retired
    SLOW = "slow"  # a good answer, late
    TRUNCATED = "truncated"  # JSON that ends in its middle
    WRONG_ZONE = "wrong-zone"  # a good answer about another zone
    OUT_OF_ORDER = "out-of-order"  # good rows, shuffled
    DUPLICATES = "duplicates"  # good rows, every third twice
    SANDBOX = "sandbox"  # fake rows with the vendor's disclaimer
    MALFORMED_ROW = "malformed-row"  # one row with text where a number belongs
    FAR_FUTURE = "far-future"  # one row with an updatedAt in a month


class Scenario(BaseModel):
    """A fault and what it hits: each request to a matching path (`*` is a wildcard) about one of the zones (all where
    empty), with this probability, at most `count` times. Chances depend on the seed and the number of the request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fault: Fault
    probability: Annotated[float, Field(gt=0, le=1)] = 1
    count: Annotated[int | None, Field(gt=0)] = None
    path: str = "*"
    zones: frozenset[str] = frozenset()
    retry_after_seconds: Annotated[int, Field(ge=0)] = 1
    delay_seconds: Annotated[float, Field(ge=0)] = 5


@dataclass
class _Active:
    scenario: Scenario
    seen: int = 0
    hits: int = 0


class Scenarios:
    """The scenarios that are switched on, oldest first; the first that matches a request is applied to it."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._active: dict[int, _Active] = {}
        self._next = 1

    def add(self, scenario: Scenario) -> int:
        """Switch a scenario on; returns its number."""
        number, self._next = self._next, self._next + 1
        self._active[number] = _Active(scenario)
        return number

    def remove(self, number: int) -> bool:
        """Switch one off; whether it was there."""
        return self._active.pop(number, None) is not None

    def clear(self) -> None:
        """Switch all off."""
        self._active.clear()

    def listing(self) -> dict[int, tuple[Scenario, int]]:
        """Number -> scenario and how often it has been applied."""
        return {number: (active.scenario, active.hits) for number, active in self._active.items()}

    def pick(self, path: str, zone: str) -> Scenario | None:
        """The scenario to apply to a request, if any."""
        for number, active in self._active.items():
            scenario = active.scenario
            if scenario.count is not None and active.hits >= scenario.count:
                continue
            if not fnmatchcase(path, scenario.path) or (scenario.zones and zone not in scenario.zones):
                continue
            active.seen += 1
            if draws(self._seed, "scenario", number, active.seen)[0] < scenario.probability:
                active.hits += 1
                return scenario
        return None
