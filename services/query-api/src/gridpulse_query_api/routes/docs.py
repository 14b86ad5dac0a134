"""`/docs`: Swagger UI, served by this program itself. A reader's browser asks no other host for anything."""

from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.staticfiles import StaticFiles

__all__ = ["DOCS_URL", "add_docs"]

DOCS_URL: Final = "/docs"
_ASSETS_URL: Final = f"{DOCS_URL}/assets"
# The browser itself refuses what is not ours. The page starts Swagger UI by a script within it.
_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)


def add_docs(app: FastAPI) -> None:
    """Serve the page, and Swagger UI's own files as the package `fastapi-swagger` brings them."""

    async def docs(request: Request) -> Response:
        root = str(request.scope.get("root_path", "")).rstrip("/")
        page = get_swagger_ui_html(
            title=f"{app.title} API",
            openapi_url=f"{root}{app.openapi_url}",
            swagger_js_url=f"{root}{_ASSETS_URL}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{_ASSETS_URL}/swagger-ui.css",
            swagger_favicon_url=f"{root}{_ASSETS_URL}/favicon-32x32.png",
            swagger_ui_parameters={"validatorUrl": None},  # else it shows the document to a host of its makers
        )
        page.headers["content-security-policy"] = _POLICY
        return page

    app.add_route(DOCS_URL, docs, include_in_schema=False)
    app.mount(_ASSETS_URL, StaticFiles(packages=[("fastapi_swagger", "resources")]))
