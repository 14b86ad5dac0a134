"""A stand-in that a test drives: its real time is a fixed moment, and its virtual time is pinned there."""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from gridpulse_standin.access import Access
from gridpulse_standin.app import create_app
from gridpulse_standin.clock import VirtualClock
from gridpulse_standin.ledger import Ledger
from gridpulse_standin.scenarios import Scenarios
from gridpulse_standin.settings import StandinSettings
from gridpulse_standin.source import Source
from gridpulse_standin.standin import Standin

NOW = datetime(2026, 3, 18, 14, 40, tzinfo=UTC)
Get = Callable[..., Any]
Serve = Callable[[Standin, str], AbstractContextManager[httpx.Client]]


@pytest.fixture(scope="session")
def source() -> Source:
    return Source(seed=7)


@pytest.fixture(scope="session")
def running(source: Source) -> Standin:
    settings = StandinSettings(seed=7)
    return Standin(
        settings=settings,
        clock=VirtualClock(behind=timedelta(0), speed=0, real=lambda: NOW),
        source=source,
        access=Access(settings.tokens, settings.rate_limit_window_seconds),
        scenarios=Scenarios(settings.seed),
        ledger=Ledger(settings.ledger_capacity),
    )


@contextmanager
def _serve(standin: Standin, token: str) -> Generator[httpx.Client]:
    config = uvicorn.Config(create_app(standin), log_level="warning", server_header=False, date_header=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        try:
            with httpx.Client(base_url=base_url, headers={"auth-token": token}, timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(timeout=30)
            assert not thread.is_alive()


@pytest.fixture
def serve() -> Serve:
    """Serves a stand-in on a free port, and gives a client with a token."""
    return _serve


@pytest.fixture(scope="session")
def address(running: Standin) -> Iterator[httpx.URL]:
    with _serve(running, "standin-all") as client:
        yield client.base_url


@pytest.fixture
def standin(running: Standin) -> Standin:
    """The one stand-in of all tests, as if it had just started."""
    running.clock.set(now=NOW, speed=0)
    running.scenarios.clear()
    running.ledger.clear()
    running.requests.clear()
    return running


@pytest.fixture
def client(standin: Standin, address: httpx.URL) -> Iterator[httpx.Client]:
    """A client of that stand-in, entitled to everything."""
    del standin  # reset is what matters
    with httpx.Client(base_url=address, headers={"auth-token": "standin-all"}, timeout=30) as client:
        yield client


@pytest.fixture
def get(client: httpx.Client) -> Get:
    """GET that expects 200 and gives the document."""

    def fetch(path: str, **parameters: str) -> Any:
        response = client.get(path, params=parameters)
        assert response.status_code == 200, response.text
        return response.json()

    return fetch


@pytest.fixture
def sample() -> Callable[[str], Any]:
    """A recorded answer of the real API, by file name."""
    folder = os.environ.get("GRIDPULSE_REFERENCE_DIR")
    root = Path(folder) if folder else Path(__file__).parents[4] / "shared"
    samples = root / "electricity-maps" / "samples"
    if not samples.is_dir():
        pytest.skip(f"recorded answers are not here: no folder {samples} (set GRIDPULSE_REFERENCE_DIR)")
    return lambda name: json.loads((samples / name).read_text(encoding="utf-8"))
