"""The live page as it is served: policy, caching, and what is said where it was not built."""

import re
from pathlib import Path

import pytest

from gridpulse_query_api.settings import QueryApiSettings

from .conftest import Api, make_api
from .test_query_api_docs import Links


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    (folder / "vendor").mkdir(parents=True)
    page = (
        '<!doctype html><link rel="stylesheet" href="@assets@/style.css"><script src="@assets@/vendor/a.js"></script>'
    )
    (folder / "index.html").write_text(page, encoding="utf-8")
    (folder / "style.css").write_text("a {}\n" * 200, encoding="utf-8")
    (folder / "vendor" / "a.js").write_text("export default 1;\n", encoding="utf-8")
    return folder


def api_with(folder: Path, keys_file: Path | None = None) -> Api:
    return make_api(QueryApiSettings(page_directory=folder), keys_file=keys_file)


async def test_the_page_and_its_files(built: Path) -> None:
    api = api_with(built)
    page = await api.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    links = Links(page.text).found
    assert len(links) == 2
    for link in links:
        asset = await api.get(f"/{link}")
        assert asset.status_code == 200, link
        assert "immutable" in asset.headers["cache-control"]
        assert asset.headers["x-content-type-options"] == "nosniff"
        assert asset.headers["etag"]
    assert (await api.get(f"/{links[0]}", headers={"accept-encoding": "gzip"})).headers["content-encoding"] == "gzip"
    script = await api.get(f"/{links[1]}")
    assert "javascript" in script.headers["content-type"]


async def test_a_page_that_has_not_changed_is_not_sent_again(built: Path) -> None:
    api = api_with(built)
    tag = (await api.get("/")).headers["etag"]
    assert (await api.get("/", headers={"if-none-match": tag})).status_code == 304


async def test_another_build_has_other_addresses(built: Path) -> None:
    before = Links((await api_with(built).get("/")).text).found
    (built / "vendor" / "a.js").write_text("export default 2;\n", encoding="utf-8")
    api = api_with(built)
    after = Links((await api.get("/")).text).found
    assert set(before).isdisjoint(after)
    # A page of the build before, whose process is gone.
    old = await api.get(f"/{before[1]}")
    assert (old.status_code, old.text, old.headers["cache-control"]) == (200, "export default 2;\n", "no-store")


async def test_the_browser_is_told_to_run_nothing_but_our_files(built: Path) -> None:
    policy = (await api_with(built).get("/")).headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; ")
    assert not re.search(r"https?:|\*|unsafe|data:|script-src|style-src", policy)


async def test_nothing_outside_the_folder_is_served(built: Path) -> None:
    (built.parent / "secret").write_text("x", encoding="utf-8")
    api = api_with(built)
    base = Links((await api.get("/")).text).found[0].removesuffix("style.css")
    for path in ("../secret", "%2e%2e/secret", "..%2fsecret"):
        answer = await api.get(f"/{base}{path}")
        while answer.is_redirect:
            answer = await api.get(answer.headers["location"])
        assert answer.status_code == 404


@pytest.mark.parametrize("is_set", [True, False])
async def test_where_the_page_is_missing_the_api_says_how_to_get_it(tmp_path: Path, is_set: bool) -> None:
    api = make_api(QueryApiSettings(page_directory=tmp_path / "nowhere" if is_set else None))
    answer = await api.get("/")
    assert answer.status_code == 404
    assert "GRIDPULSE_QUERY_API_PAGE_DIRECTORY" in answer.text
    assert "services/query-api/web/build" in answer.text
    assert ("nowhere" in answer.text) is is_set
    assert (await api.get("/v1/zones")).status_code == 200


async def test_the_page_opens_without_a_key_and_data_do_not(built: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text('{"keys": []}', encoding="utf-8")
    api = api_with(built, keys)
    page = await api.get("/")
    assert page.status_code == 200
    for link in Links(page.text).found:
        assert (await api.get(f"/{link}")).status_code == 200
    for path in ("/v1/zones", "/v1/zones/DE/stream", "/pages", "/page"):
        assert (await api.get(path)).status_code == 401, path
