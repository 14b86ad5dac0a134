"""Clients of a server that does what no real one can be made to do."""

from collections.abc import Callable, Generator

import httpx
import pytest
import stamina
from hypothesis import HealthCheck, settings

from gridpulse import Client

# How fast an example runs depends on what else the machine does.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

Handler = Callable[[httpx.Request], httpx.Response]
Connect = Callable[[Handler], Client]
URL = "http://api.test/below"


@pytest.fixture
def connect() -> Generator[Connect]:
    """Makes clients of a handler, with a key and an address below a path; closes them."""
    clients: list[Client] = []

    def make(handler: Handler) -> Client:
        clients.append(Client(URL, api_key="secret", transport=httpx.MockTransport(handler)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def no_pauses() -> Generator[None]:
    """Tries follow each other at once, in the same number as ever."""
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


def page(content: object, following: str | None = None, **kwargs: object) -> httpx.Response:
    """A page of a list with the address of the next one."""
    headers = {"link": f'<{following}>; rel="next"'} if following else {}
    if isinstance(content, bytes):
        return httpx.Response(200, content=content, headers=headers)
    return httpx.Response(200, json={"data": content, "next": following, **kwargs}, headers=headers)


def problem(status: int, name: str, **members: object) -> httpx.Response:
    """A problem as the API answers it; `retry_after` becomes a header."""
    headers = {"content-type": "application/problem+json"}
    if (retry_after := members.pop("retry_after", None)) is not None:
        headers["retry-after"] = str(retry_after)
    kind = f"urn:gridpulse:problem:{name}"
    document = {"type": kind, "title": name, "status": status, "detail": "What to do.", **members}
    return httpx.Response(status, json=document, headers=headers)
