"""What a person sees once the platform is up: what runs where, what to try, the first rows."""

from collections.abc import Sequence
from typing import Any, Final

import psutil
from rich.console import Console
from rich.table import Table

from gridpulse_platform.data import ReadableZone
from gridpulse_platform.ports import LOOPBACK
from gridpulse_platform.settings import PlatformSettings
from gridpulse_platform.stack import Stack

__all__ = ["print_report"]

_MB: Final = 1_000_000


def print_report(console: Console, settings: PlatformSettings, stack: Stack, zones: Sequence[ReadableZone]) -> None:
    """Print the parts with their addresses and memory, requests to try, the newest row of each zone, and the page."""
    console.print(_parts(settings, stack))
    console.print(f"Logs are in {settings.log_directory}", highlight=False, soft_wrap=True)
    console.print("Try:", highlight=False)
    for line in _requests(settings, zones):
        console.print(f"  {line}", highlight=False, soft_wrap=True)
    console.print(_rows(zones))
    page = f"http://{LOOPBACK}:{settings.query_api_port}/?zone={zones[0].zone}"
    console.print(f"[bold]Look at it:[/bold] {page}", highlight=False, soft_wrap=True)


def _parts(settings: PlatformSettings, stack: Stack) -> Table:
    addresses = {
        "stand-in": f"http://{LOOPBACK}:{settings.standin_port}",
        "ingester": f"http://{LOOPBACK}:{settings.ingester_port}/metrics",
        "kafka": stack.kafka.bootstrap_servers,
        "streaming": f"http://{LOOPBACK}:{settings.streaming_port}/metrics",
        "cassandra": f"{LOOPBACK}:{stack.cassandra.port}",
        "query API": f"http://{LOOPBACK}:{settings.query_api_port}/docs",
    }
    table = Table(title="What runs where")
    table.add_column("part")
    table.add_column("address", no_wrap=True)
    table.add_column("process", justify="right")
    table.add_column("memory", justify="right")
    total = own = psutil.Process().memory_info().rss
    for part in stack.lasting:
        memory = part.memory_bytes()
        total += memory
        table.add_row(part.name, addresses[part.name], str(part.pid), f"{memory // _MB} MB")
    table.add_row("this command", "", str(psutil.Process().pid), f"{own // _MB} MB")
    table.add_section()
    table.add_row("all", "", "", f"{total // _MB} MB")
    return table


def _requests(settings: PlatformSettings, zones: Sequence[ReadableZone]) -> list[str]:
    api, zone = f"http://{LOOPBACK}:{settings.query_api_port}", zones[0].zone
    paths = (
        f"/v1/zones/{zone}/power-breakdown/latest",
        f"/v1/zones/{zone}/power-breakdown?resolution=day&timezone=local",
        f"/v1/zones/{zone}/carbon-intensity?format=csv",
        f"/v1/zones/{zone}/best-window?duration=PT3H&within=PT24H",
        "/v1/ranking?metric=carbon_intensity",
    )
    return [f"curl '{api}{path}'" for path in paths]


def _rows(zones: Sequence[ReadableZone]) -> Table:
    table = Table(title="The newest rows: MW, % and gCO2eq/kWh")
    table.add_column("zone")
    table.add_column("hour (UTC)")
    table.add_column("kind")
    for heading in ("produced", "consumed", "net import", "renewable", "carbon"):
        table.add_column(heading, justify="right")
    table.add_column("greenest 3 h")
    for found in zones:
        power, carbon = found.power_breakdown, found.carbon_intensity
        numbers = [power[name] for name in ("production_total_mw", "consumption_total_mw", "net_import_mw")]
        numbers += [power["renewable_percent"], carbon["carbon_intensity_gco2eq_per_kwh"]]
        table.add_row(
            found.zone, str(power["at"])[:16].replace("T", " "), power["kind"], *map(_shown, numbers), _hours(found)
        )
    return table


def _shown(number: Any) -> str:
    return "–" if number is None else f"{number:,.0f}"


def _hours(found: ReadableZone) -> str:
    """From when to when (UTC) the forecast is greenest."""
    start, end = (str(found.best_window.get(name, "")) for name in ("start", "end"))
    return f"{start[11:16]}–{end[11:16]}" if start else "–"
