"""How a batch job, which nobody can scrape, tells Prometheus what it did."""

import logging
from typing import Any, Final

import prometheus_client
from prometheus_client import CollectorRegistry

__all__ = ["push_metrics"]

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
