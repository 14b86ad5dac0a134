"""Events as the ingester makes them of the stand-in's answers, with the source's own text in `raw`."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx

from gridpulse_contract.models import Event, Signal
from gridpulse_contract.normalise import SourceRequest, normalise
from gridpulse_platform import Service, free_port

__all__ = ["events_of_a_day"]


def events_of_a_day(zones: Iterable[str], log_path: Path) -> list[Event]:
    """The last 24 hours of these zones, both signals, from a stand-in that is started for it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"GRIDPULSE_STANDIN_HOST": "127.0.0.1", "GRIDPULSE_STANDIN_PORT": str(port)}
    standin = Service(
        "stand-in", ["-m", "gridpulse_standin"], log_path, environment=environment, health_url=f"{url}/health"
    )
    with standin, httpx.Client(base_url=url, headers={"auth-token": "standin-all"}, timeout=30) as client:
        return [event for zone in zones for event in _events(client, zone)]


def _events(client: httpx.Client, zone: str) -> Iterator[Event]:
    for signal, variant in ((Signal.POWER_BREAKDOWN, ""), (Signal.CARBON_INTENSITY, "lifecycle")):
        answer = client.get(f"/v3/{signal}/history", params={"zone": zone}).raise_for_status()
        result = normalise(answer.content, SourceRequest(signal, zone, variant=variant), received_at=datetime.now(UTC))
        assert not result.rejections
        yield from result.events
