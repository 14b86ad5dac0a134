"""What operators and Kubernetes ask of every program: `/livez`, `/readyz`, `/metrics`."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence

import uvicorn
from prometheus_client import CollectorRegistry, exposition
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gridpulse_servicekit.lifecycle import Heartbeat

__all__ = ["ReadinessCheck", "operations_app", "operations_routes", "serve"]

ReadinessCheck = Callable[[], Awaitable[Sequence[str]]]
"""Names what is missing for the next piece of work, in words for an operator; empty = ready. It sees to its own
timeouts; more than `_READINESS_SECONDS` counts as not ready."""

_READINESS_SECONDS = 5.0
_SHUTDOWN_SECONDS = 2


def operations_routes(heartbeat: Heartbeat, missing: ReadinessCheck, registry: CollectorRegistry) -> list[Route]:
    """Routes to serve alone or to mount in a bigger app.

    `/livez` is 503 while a loop is stuck, `/readyz` is 503 and says what is missing, `/metrics` is Prometheus text.
    """

    async def livez(_: Request) -> Response:
        stuck = heartbeat.stuck()
        body = {"status": "stuck" if stuck else "alive", "seconds_since_last_beat": heartbeat.ages_seconds()}
        return JSONResponse(body, status_code=503 if stuck else 200)

    async def readyz(_: Request) -> Response:
        try:
            async with asyncio.timeout(_READINESS_SECONDS):
                absent = list(await missing())
        except TimeoutError:
            absent = [f"an answer of the readiness check within {_READINESS_SECONDS:.0f} s"]
        body = {"status": "not ready" if absent else "ready", "missing": absent}
        return JSONResponse(body, status_code=503 if absent else 200)

    async def metrics(request: Request) -> Response:
        encode, content_type = exposition.choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), media_type=content_type)

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


def operations_app(heartbeat: Heartbeat, missing: ReadinessCheck, registry: CollectorRegistry) -> Starlette:
    """An app of nothing but the operations routes."""
    return Starlette(routes=operations_routes(heartbeat, missing, registry))


class _QuietServer(uvicorn.Server):
    """Leaves SIGTERM and SIGINT to the program that it is a part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, host: str, port: int) -> AsyncGenerator[int]:
    """Serve `app` in the running loop for as long as the block lasts; yields the port (a free one where 0 is asked).

    Raises OSError where the address cannot be bound.
    """
    listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=_SHUTDOWN_SECONDS
    )
    server = _QuietServer(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="operations")
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await task
        listener.close()
