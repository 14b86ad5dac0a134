"""First paint of the live page, and what a visitor waits for after each click, with 350 zones of 30 days in the store.

Chromium, the API and a Cassandra node share the machine. A first paint is that of a visitor whose browser has nothing
of us yet. An interaction lasts from the event to the frame after everything that it changes is on the screen, the
answers of the API included. Medians of rounds, and the slowest one. Prints Markdown rows.
"""

import importlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from gridpulse_contract.columns import POWER_NUMBER_COLUMNS
from gridpulse_contract.zones import load_zones
from gridpulse_platform import CassandraNode, Service, free_port
from gridpulse_platform.chromium import ensure_chromium
from gridpulse_platform.stack import cassandra_values
from gridpulse_schema import migrate, open_session
from harness.locks import REPOSITORY

__all__ = ["run"]

ROUNDS: Final = 7
_ZONES: Final = 350
_DAYS: Final = 30
_KEYSPACE: Final = "power"
_PAGE: Final = REPOSITORY / "services" / "query-api" / "web" / "dist"
_NEIGHBOURS: Final = ("AT", "BE", "CH", "CZ", "DK-DK1", "FR", "NL", "PL")
_execute_concurrent: Any = importlib.import_module("cassandra.concurrent").execute_concurrent_with_args

_CHOOSE: Final = """async ([selector, value, shown]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const started = performance.now();
  const control = document.querySelector(selector);
  if (value === null) control.click();
  else {
    control.value = value;
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
  while (!document.querySelector(shown)) await frame();
  await frame();
  return performance.now() - started;
}"""


def run() -> list[str]:
    """Measure everything once and return the rows."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with tempfile.TemporaryDirectory() as folder, CassandraNode(Path(folder) / "cassandra") as cassandra:
        _fill(cassandra, end)
        port = free_port()
        values = {"PORT": str(port), "PAGE_DIRECTORY": str(_PAGE), **cassandra_values(cassandra)}
        api = Service(
            "query API",
            ["-m", "gridpulse_query_api"],
            Path(folder) / "query-api.log",
            environment={f"GRIDPULSE_QUERY_API_{name}": value for name, value in values.items()},
            health_url=f"http://127.0.0.1:{port}/readyz",
        )
        api.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=["--no-sandbox"])
                try:
                    return _measure(browser, f"http://127.0.0.1:{port}/?zone=DE&range=30d")
                finally:
                    browser.close()
        finally:
            api.stop()


def _measure(browser: Browser, url: str) -> list[str]:
    paints = [_first_paint(browser, url) for _ in range(ROUNDS)]
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    page.goto(url)
    _until_shown(page)
    rounds: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        for name, step in _steps(("FR", "ES")[number % 2]):
            rounds.setdefault(name, []).append(page.evaluate(_CHOOSE, list(step)))
    rows = [_row("first paint of the live page", paints, 1000)]
    rows += [_row(f"live page, {name}", measured, 300) for name, measured in rounds.items()]
    return rows


def _steps(zone: str) -> Iterator[tuple[str, tuple[str, str | None, str]]]:
    """(name, (control, its value or None for a click, what is on the screen afterwards))."""
    yield "another zone", ("#zone", zone, f"[data-tile=carbon] data[value='{_intensity(zone, 0)}']")
    yield "the table of 720 hours", ("input[name=view][value=table]", None, "#table tbody tr:nth-child(700)")
    yield "the chart of 30 days", ("input[name=view][value=chart]", None, "#charts:not([hidden]) canvas")
    yield "another clock", ("input[name=time][value=local]", None, "input[name=time][value=local]:checked")
    yield "back to UTC", ("input[name=time][value=utc]", None, "input[name=time][value=utc]:checked")


def _until_shown(page: Page) -> None:
    page.wait_for_selector("[data-tile=carbon] data:not([value=''])")
    page.wait_for_selector("#ranking tr.current")


def _first_paint(browser: Browser, url: str) -> float:
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    _until_shown(page)
    paint: float = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    context.close()
    return paint


def _row(what: str, milliseconds: list[float], limit_ms: int) -> str:
    median = statistics.median(milliseconds)
    return f"| {what} | **{median:.0f} ms**, {max(milliseconds):.0f} ms at most | < {limit_ms} ms |"


def _intensity(zone: str, hour: int) -> int:
    return 50 + (sum(map(ord, zone)) * 7 + hour * 13) % 700


def _fill(cassandra: CassandraNode, end: datetime) -> None:
    known = list(load_zones())
    zones = (*known, *(f"XB-{number}" for number in range(_ZONES - len(known))))
    with open_session([cassandra.contact_points], port=cassandra.port) as opened:
        session: Any = opened
        migrate(session, keyspace=_KEYSPACE, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        common = ("zone", "granularity", "year", "at", "updated_at", "kind", "estimation_method", "quality")
        power = _insert(session, "power_breakdown", (*common, "import_mw", "export_mw", *POWER_NUMBER_COLUMNS))
        carbon = _insert(session, "carbon_intensity", (*common, "variant", "carbon_intensity_gco2eq_per_kwh"))
        for zone in zones:
            of_power: list[tuple[Any, ...]] = []
            of_carbon: list[tuple[Any, ...]] = []
            for hour in range(_DAYS * 24):
                at = end - timedelta(hours=hour)
                key = (zone, "hourly", at.year, at, at + timedelta(minutes=70), "measured", "", set[str]())
                numbers = [float((index * 977 + hour * 131) % 20_000) for index in range(len(POWER_NUMBER_COLUMNS))]
                exchange = {name: float((len(name) * 300 + hour * 17) % 3000) for name in _NEIGHBOURS}
                of_power.append((*key, exchange, exchange, *numbers))
                of_carbon.append((*key, "lifecycle", float(_intensity(zone, hour))))
            _execute_concurrent(session, power, of_power, concurrency=64)
            _execute_concurrent(session, carbon, of_carbon, concurrency=64)


def _insert(session: Any, table: str, columns: tuple[str, ...]) -> Any:
    marks = ", ".join("?" * len(columns))
    return session.prepare(f"INSERT INTO {_KEYSPACE}.{table} ({', '.join(columns)}) VALUES ({marks})")  # noqa: S608


if __name__ == "__main__":
    sys.stdout.write("\n".join(run()) + "\n")
