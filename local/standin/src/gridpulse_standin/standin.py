"""The parts of a running stand-in, put together."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from gridpulse_standin.access import Access
from gridpulse_standin.clock import VirtualClock
from gridpulse_standin.ledger import Ledger
from gridpulse_standin.scenarios import Scenarios
from gridpulse_standin.settings import StandinSettings
from gridpulse_standin.source import Source

__all__ = ["Standin"]


@dataclass(frozen=True)
class Standin:
    """What the routes work with."""

    settings: StandinSettings
    clock: VirtualClock
    source: Source
    access: Access
    scenarios: Scenarios
    ledger: Ledger
    requests: Counter[tuple[str, str, int, str]] = field(default_factory=Counter[tuple[str, str, int, str]])
    """(path, zone, status, fault) -> how many requests were answered so."""

    @classmethod
    def build(cls, settings: StandinSettings) -> "Standin":
        """A stand-in whose virtual clock starts now."""
        return cls(
            settings=settings,
            clock=VirtualClock(behind=timedelta(days=settings.days_before_now), speed=settings.speed),
            source=Source(settings.seed),
            access=Access(settings.tokens, settings.rate_limit_window_seconds),
            scenarios=Scenarios(settings.seed),
            ledger=Ledger(settings.ledger_capacity),
        )
