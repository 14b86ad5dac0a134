"""`/docs` works in a browser that can reach nothing but this program."""

import re
from html.parser import HTMLParser

from .conftest import Api


class Links(HTMLParser):
    """What a page makes a browser fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("src", "href") and value]


async def test_the_page_fetches_only_from_us(api: Api) -> None:
    page = await api.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    links = Links(page.text).found
    assert len(links) == 3
    for link in links:
        assert link.startswith("/docs/assets/"), link
        assert (await api.get(link)).status_code == 200, link
    assert re.search(r"""url: ['"]/openapi\.json['"]""", page.text)
    assert re.search(r"""["']?validatorUrl["']?: null""", page.text)
    assert "//" not in re.sub(r"<!--.*?-->", "", page.text, flags=re.DOTALL)


async def test_the_browser_is_told_to_fetch_from_nobody_else(api: Api) -> None:
    policy = (await api.get("/docs")).headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert not re.search(r"https?:|\*|unsafe-eval", policy)


async def test_the_script_is_swagger_ui(api: Api) -> None:
    script = await api.get("/docs/assets/swagger-ui-bundle.js")
    assert "javascript" in script.headers["content-type"]
    assert "SwaggerUIBundle" in script.text
    asked_again = await api.get("/docs/assets/swagger-ui-bundle.js", {"If-None-Match": script.headers["etag"]})
    assert asked_again.status_code == 304
