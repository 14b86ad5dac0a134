"""A pipeline whose source lives some hours ago, so that the next hours can come while a browser looks."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, expect, sync_playwright

from gridpulse_platform import loopback, wait_until
from gridpulse_platform.chromium import ensure_chromium
from gridpulse_platform.jars import REPOSITORY
from harness.pipeline import ZONES, Pipeline

DATA_SECONDS: Final = 90
_BEHIND: Final = timedelta(hours=4)
_PAGE_MS: Final = 20_000  # the machine has other things to do
OpenPage = Callable[..., Page]
"""`open_page(query, **of_the_context)`: a page of a visitor who comes for the first time."""


def latest(pipeline: Pipeline, zone: str, signal: str = "power-breakdown") -> dict[str, Any]:
    """The newest row that the API has."""
    return loopback.get(f"{pipeline.api_url}/v1/zones/{zone}/{signal}/latest").raise_for_status().json()


@pytest.fixture(scope="package")
def pipeline(running: Pipeline) -> Generator[Pipeline]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GRIDPULSE_INGESTER_FORECAST_PERIOD_SECONDS", "3")
        environment.setenv("GRIDPULSE_QUERY_API_STREAM_PERIOD_SECONDS", "0.5")
        for part in (running.stack.ingester, running.stack.query_api):
            part.stop()
            part.start()
        now = running.set_clock(speed=0, now=datetime.now(UTC) - _BEHIND)
        wait_until(lambda: has_all(running, now - timedelta(hours=2)), DATA_SECONDS, "data of all zones")
        yield running


def has_all(pipeline: Pipeline, since: datetime) -> bool:
    """Whether each zone has both signals and a forecast of that time or later."""
    try:
        rows = [latest(pipeline, zone, signal) for zone in ZONES for signal in ("power-breakdown", "carbon-intensity")]
    except httpx.HTTPStatusError:
        return False
    forecasts = [loopback.get(f"{pipeline.api_url}/v1/zones/{zone}/forecast") for zone in ZONES]
    issued = [answer.json().get("issued_at", "2000-01-01T00:00:00Z") for answer in forecasts]
    begun = [*(row["at"] for row in rows), *issued]
    return all(datetime.fromisoformat(instant) >= since for instant in begun)


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    expect.set_options(timeout=_PAGE_MS)  # pages have a default of their own
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=ensure_chromium(), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, pipeline: Pipeline) -> Generator[OpenPage]:
    """Opens pages, and at the end fails for what any of them complained of or asked of another host."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    strangers: list[str] = []

    def open_at(query: str = "?zone=DE", *, url: str = pipeline.api_url, **of_the_context: Any) -> Page:
        desktop: Any = {"viewport": {"width": 1360, "height": 900}}
        context = browser.new_context(**(desktop | of_the_context))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(_PAGE_MS)

        def on_error(error: Error) -> None:
            complaints.append(str(error))

        def on_console(message: ConsoleMessage) -> None:
            if message.type == "error":
                complaints.append(message.text)

        def on_request(request: Request) -> None:
            if not request.url.startswith((url, "blob:")):
                strangers.append(request.url)

        page.on("pageerror", on_error)
        page.on("console", on_console)
        page.on("request", on_request)
        page.goto(f"{url}/{query}")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert strangers == []
    # That the server refuses, or is gone, is what some tests are about; the browser says so by itself.
    assert [text for text in complaints if not text.startswith("Failed to load resource")] == []


@pytest.fixture(scope="session")
def screenshots() -> Path:
    folder = REPOSITORY / ".gridpulse" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
