"""The application: the source's routes and the control routes."""

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from gridpulse_standin.answers import Reply
from gridpulse_standin.api import public_router, write
from gridpulse_standin.control import control_router
from gridpulse_standin.errors import ApiError, no_route
from gridpulse_standin.standin import Standin

__all__ = ["create_app"]


def create_app(standin: Standin) -> FastAPI:
    """The ASGI application of a stand-in. Outside /_standin every unknown path gets the gateway's own 404."""
    app = FastAPI(
        title="Stand-in for the Electricity Maps API: control routes",
        openapi_url="/_standin/openapi.json",
        docs_url="/_standin/docs",
        redoc_url=None,
    )
    app.include_router(control_router(standin))
    app.include_router(public_router(standin))

    async def refused(_request: Request, error: Exception) -> Response:
        reply = Reply.of(error if isinstance(error, ApiError) else no_route())
        return write(reply, standin.clock.now())

    async def http_error(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and request.url.path.startswith("/_standin/"):
            return Response(str(error.detail), error.status_code, media_type="text/plain")
        return await refused(request, error)

    app.add_exception_handler(ApiError, refused)
    app.add_exception_handler(HTTPException, http_error)
    return app
