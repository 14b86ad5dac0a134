"""How a batch job, which nobody can scrape, tells Prometheus what it did."""

import logging
from datetime import UTC, date, datetime, time
from typing import Any, Final

import prometheus_client
from prometheus_client import CollectorRegistry, Gauge

__all__ = ["DayMetrics", "push_metrics"]

_client: Final[Any] = prometheus_client  # the function is only partly typed
_log = logging.getLogger(__name__)
_TIMEOUT_SECONDS: Final = 10.0


def push_metrics(registry: CollectorRegistry, url: str, job: str) -> None:
    """Push to the Pushgateway at `url`; nothing where `url` is empty. The job's own work does not fail by this."""
    if not url:
        return
    try:
        _client.push_to_gateway(url, job=job, registry=registry, timeout=_TIMEOUT_SECONDS)
    except OSError as error:
        _log.warning("metrics could not be pushed to %s: %s", url, error)


class DayMetrics:
    """How far a job is that works through days: `of` names it in the metric, as `analytics`."""

    def __init__(self, of: str) -> None:
        self.registry: Final = CollectorRegistry()
        self._day = Gauge(
            f"gridpulse_{of}_day_timestamp_seconds", "Newest day of the last good run", registry=self.registry
        )

    def set_day(self, day: date) -> None:
        """The run is good, and this (UTC) is its newest day."""
        self._day.set(datetime.combine(day, time(), UTC).timestamp())

    def push(self, url: str, job: str) -> None:
        """To the Pushgateway, if there is one."""
        push_metrics(self.registry, url, job)
