"""`/`: the live page, and the files that it is made of. A visitor's browser asks no other host for anything."""

import hashlib
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

__all__ = ["PAGE_ASSETS_URL", "PAGE_URL", "add_page"]

PAGE_URL: Final = "/"
PAGE_ASSETS_URL: Final = "/page/"
_INDEX: Final = "index.html"
_PLACEHOLDER: Final = "@assets@"
_HEADERS: Final = {
    "cache-control": "no-cache",
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_ABSENT: Final = """\
The live page is not here, but the API is: /docs describes it.

{reason}
"""


class _Assets(StaticFiles):
    """Files whose address changes with their content, so that a browser never has to ask for one again.

    A page of another build, from a process that is newer or older while they are exchanged, asks by that build's
    address: it gets what is here, and keeps it for no other time.
    """

    def __init__(self, directory: Path, tag: str) -> None:
        super().__init__(directory=directory)
        self._tag = tag

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code in (200, 304):
            is_own = scope["path_params"]["tag"] == self._tag
            response.headers["cache-control"] = "public, max-age=31536000, immutable" if is_own else "no-store"
            response.headers["x-content-type-options"] = "nosniff"
        return response


def add_page(app: FastAPI, directory: Path | None) -> None:
    """Serve the page that was built into the directory; where it lacks one, `/` says so."""
    index = None if directory is None else directory / _INDEX
    if directory is None or index is None or not index.is_file():
        _add_absent(app, directory)
        return
    tag = _tag_of(directory)
    body = index.read_text(encoding="utf-8").replace(_PLACEHOLDER, f"page/{tag}")
    etag = f'"{hashlib.blake2b(body.encode(), digest_size=12).hexdigest()}"'
    headers = {**_HEADERS, "etag": etag}

    async def page(request: Request) -> Response:
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return HTMLResponse(body, headers=headers)

    app.add_route(PAGE_URL, page, include_in_schema=False)
    app.mount(f"{PAGE_ASSETS_URL}{{tag}}", GZipMiddleware(_Assets(directory, tag)))


def _add_absent(app: FastAPI, directory: Path | None) -> None:
    reason = (
        "GRIDPULSE_QUERY_API_PAGE_DIRECTORY is not set: let it name the folder that services/query-api/web/build makes."
        if directory is None
        else f"{directory} (GRIDPULSE_QUERY_API_PAGE_DIRECTORY) has no {_INDEX}: services/query-api/web/build makes it."
    )

    async def absent(_: Request) -> Response:
        return PlainTextResponse(_ABSENT.format(reason=reason), 404, {"cache-control": "no-store"})

    app.add_route(PAGE_URL, absent, include_in_schema=False)


def _tag_of(directory: Path) -> str:
    """A name for the content of all files: another build, another address."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.relative_to(directory)} {len(content)} ".encode())
            digest.update(content)
    return digest.hexdigest()
