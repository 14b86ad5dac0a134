"""The live page in a real browser, on the real pipeline."""

import csv
import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, Route, expect

from gridpulse_platform import Service, free_port, loopback, wait_until
from gridpulse_platform.stack import cassandra_values
from gridpulse_query_api.keys import make_key
from harness.locks import REPOSITORY
from harness.pipeline import Pipeline

from .conftest import DATA_SECONDS, OpenPage, latest

pytestmark = [pytest.mark.engines, pytest.mark.slow]

AXE: Final = REPOSITORY / "services" / "query-api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PHONE: Final = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True}
TILES: Final = {
    "renewable": "renewable_percent",
    "fossil-free": "fossil_free_percent",
    "consumption": "consumption_total_mw",
    "production": "production_total_mw",
}


CARBON: Final = "carbon_intensity_gco2eq_per_kwh"
SAID: Final = "#table tbody tr:not([data-kind=forecast])"
MISSING_HOUR: Final = 5
DRAWN: Final = """
(plot, steps) => {
  const canvas = plot.querySelector("canvas");
  const frame = canvas.getBoundingClientRect();
  const over = plot.querySelector(".u-over").getBoundingClientRect();
  const scale = canvas.width / frame.width;
  const isLine = ([red, green, blue]) => Math.hypot(red - 0xb5, green - 0x56, blue - 0x2a) < 40;
  return Array.from({ length: steps }, (_, step) => {
    const x = Math.round(scale * (over.left - frame.left + ((step + 0.5) / steps) * over.width));
    const top = Math.round(scale * (over.top - frame.top));
    const { data } = canvas.getContext("2d").getImageData(x, top, 1, Math.round(scale * over.height));
    return Array.from({ length: data.length / 4 }, (_, row) => data.slice(4 * row, 4 * row + 3)).some(isLine);
  });
}
"""
"""Whether the line of the carbon intensity is in the middle of each step."""


def is_live(page: Page) -> None:
    """Wait for the page to be connected, with data and a ranking."""
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    expect(page.locator("[data-tile=carbon] data")).to_have_attribute("value", re.compile(r"\d"))
    expect(page.locator("#ranking tr.current")).to_be_visible()


def values(page: Page, selector: str) -> list[float | None]:
    """The numbers behind what is shown."""
    found: list[str] = page.locator(selector).evaluate_all("all => all.map(each => each.value)")
    return [float(value) if value else None for value in found]


def tiles(page: Page) -> dict[str, float | None]:
    return {name: values(page, f"[data-tile={name}] data")[0] for name in ("carbon", *TILES)}


def expected_tiles(pipeline: Pipeline, zone: str) -> dict[str, Any]:
    row = latest(pipeline, zone)
    carbon = latest(pipeline, zone, "carbon-intensity")["carbon_intensity_gco2eq_per_kwh"]
    return {"carbon": carbon, **{name: row[member] for name, member in TILES.items()}}


def settles(page: Page, pipeline: Pipeline, zone: str) -> None:
    """The page shows what the API has, within the time of a look or two."""
    wait_until(lambda: tiles(page) == expected_tiles(pipeline, zone), 15, f"the page shows the newest of {zone}")


def next_hour(pipeline: Pipeline) -> None:
    """Let the source's next hour come, and wait until the API has it of Germany."""
    before = latest(pipeline, "DE")["at"]
    pipeline.set_clock(speed=0, now=pipeline.virtual_now() + timedelta(hours=1))
    wait_until(lambda: latest(pipeline, "DE")["at"] > before, DATA_SECONDS, "the API has the next hour")


def test_the_numbers_on_screen_are_those_of_the_api(open_page: OpenPage, pipeline: Pipeline) -> None:
    page = open_page("?zone=DE")
    is_live(page)
    settles(page, pipeline, "DE")
    row = latest(pipeline, "DE")
    for mode, value in row["production_mw"].items():
        shown = values(page, f"#legend [data-mode={mode}] data")
        assert shown == ([value] if shown else []), mode
        assert shown or not value, mode
    for neighbour in {*row["import_mw"], *row["export_mw"]}:
        net = (row["import_mw"].get(neighbour) or 0) - (row["export_mw"].get(neighbour) or 0)
        assert values(page, f"[data-neighbour={neighbour}] data") == [pytest.approx(net)]
    ranking = loopback.get(f"{pipeline.api_url}/v1/ranking").json()["data"]
    ranked = [member["zone"] for member in ranking if member["rank"] is not None]
    shown = page.locator("#ranking button").evaluate_all("all => all.map(each => each.dataset.zone)")
    assert shown == ranked != []
    expect(page.locator("[data-badge=kind]").first).to_contain_text(row["kind"])
    listed = page.locator("#zone option").evaluate_all("all => all.map(each => each.value)")
    assert set(listed) == {zone["key"] for zone in loopback.get(f"{pipeline.api_url}/v1/zones").json()["data"]}


def test_a_new_hour_comes_without_a_reload(open_page: OpenPage, pipeline: Pipeline) -> None:
    page = open_page("?zone=DE&view=table")
    is_live(page)
    page.evaluate("window.isTheSamePage = true")
    at = latest(pipeline, "DE")["at"]
    expect(page.locator(f"#table tr[data-at='{at}']")).to_be_visible()
    next_hour(pipeline)
    new = latest(pipeline, "DE")["at"]
    assert new > at
    expect(page.locator(SAID).first).to_have_attribute("data-at", new)
    settles(page, pipeline, "DE")
    assert page.evaluate("window.isTheSamePage")


def test_the_server_goes_and_comes_back(open_page: OpenPage, pipeline: Pipeline) -> None:
    page = open_page("?zone=DE")
    is_live(page)
    pipeline.stack.query_api.stop()
    try:
        expect(page.locator("#live")).to_have_attribute("data-state", "lost")
        assert tiles(page)["carbon"] is not None  # what was there stays
    finally:
        pipeline.stack.query_api.start()
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=40_000)
    next_hour(pipeline)
    settles(page, pipeline, "DE")
    expect(page.locator("#notice")).to_be_hidden()


def test_what_is_chosen_is_shown_addressed_and_remembered(open_page: OpenPage, pipeline: Pipeline) -> None:
    page = open_page("?zone=DE")
    is_live(page)
    page.locator("#zone").select_option("ES")
    settles(page, pipeline, "ES")
    assert page.title().startswith("Spain")
    page.get_by_text("7 days").click()
    page.get_by_text("Madrid").click()
    page.get_by_text("Table", exact=True).click()
    assert "zone=ES" in page.url
    assert "range=7d" in page.url
    assert "time=local" in page.url
    newest = page.locator(SAID).first
    at = newest.get_attribute("data-at")
    assert at is not None
    local = datetime.fromisoformat(at).astimezone(ZoneInfo("Europe/Madrid"))
    expect(newest.locator("th")).to_have_text(f"{local:%a} {local.day} {local:%b %H:%M}")

    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.locator("#theme").select_option("dark")
    assert page.evaluate(ground) != light

    page.goto(pipeline.api_url)  # by hand, without a query
    is_live(page)
    settles(page, pipeline, "ES")
    assert page.evaluate(ground) != light
    expect(page.locator("input[name=range][value='7d']")).to_be_checked()
    expect(page.locator("input[name=time][value='local']")).to_be_checked()

    page.locator("#ranking button[data-zone=FR]").click()
    settles(page, pipeline, "FR")
    page.go_back()
    settles(page, pipeline, "ES")


def test_the_file_is_what_is_shown(open_page: OpenPage, pipeline: Pipeline) -> None:
    page = open_page("?zone=FR&view=table&flow=consumption")
    is_live(page)
    with page.expect_download() as download:
        page.locator("#download").click()
    path = download.value.path()
    hours = list(csv.DictReader(io.StringIO(Path(path).read_text(encoding="utf-8"))))
    rows = [row for row in hours if row["kind"] != "forecast"]
    forecast = loopback.get(f"{pipeline.api_url}/v1/zones/FR/forecast").json()["data"]
    expected = {row["at"]: row[CARBON] for row in forecast}
    ahead = {row["at"]: float(row[f"expected_{CARBON}"]) for row in hours if row["kind"] == "forecast"}
    assert ahead == {at: value for at, value in expected.items() if at > rows[-1]["at"]} != {}
    url = f"{pipeline.api_url}/v1/zones/FR/power-breakdown"
    api = loopback.get(url, params={"start": rows[0]["at"]}).json()["data"]
    assert len(rows) > 12
    by_time = {row["at"]: row for row in api}
    for row in rows:
        said = by_time[row["at"]]
        assert row["kind"] == said["kind"]
        assert float(row["consumption_nuclear_mw"]) == said["consumption_mw"]["nuclear"]
        assert float(row["consumption_total_mw"]) == said["consumption_total_mw"]
    shown = page.locator("#table tbody tr").evaluate_all("all => all.map(each => each.dataset.at)")
    assert {row["at"] for row in rows} <= set(shown)


def test_each_hour_with_a_number_is_drawn_and_a_gap_is_one(open_page: OpenPage) -> None:
    """Also the hour before a gap, whose end has no number."""
    page = open_page("?zone=DE")
    is_live(page)  # and asks for nothing more of its own

    def with_a_gap(route: Route) -> None:
        answer = route.fetch()
        rows = list(csv.DictReader(io.StringIO(answer.text())))
        rows[MISSING_HOUR][CARBON] = ""
        written = io.StringIO()
        writer = csv.DictWriter(written, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
        numbers.extend(bool(row[CARBON]) for row in rows)
        route.fulfill(response=answer, body=written.getvalue())

    numbers: list[bool] = []
    page.route("**/carbon-intensity?*", with_a_gap)
    page.route("**/v1/zones/*/stream*", lambda route: route.abort())  # it would tell the hour
    page.route("**/v1/zones/*/best-window?*", lambda route: route.fulfill(status=404, body="{}"))  # no hours ahead
    page.reload()
    expect(page.locator("[data-tile=carbon] data")).to_have_attribute("value", re.compile(r"\d"))
    assert not numbers[MISSING_HOUR]
    assert numbers[MISSING_HOUR - 1]
    assert page.locator("#carbon").evaluate(DRAWN, len(numbers)) == numbers


def test_the_greenest_hours_ahead_are_those_of_the_api(open_page: OpenPage, pipeline: Pipeline) -> None:
    page = open_page("?zone=DE&view=table")
    is_live(page)
    query = {"duration": "PT3H", "within": "PT24H"}
    best = loopback.get(f"{pipeline.api_url}/v1/zones/DE/best-window", params=query).raise_for_status().json()
    wait_until(lambda: values(page, "#best data") == [best["mean_gco2eq_per_kwh"]], 15, "the page shows the best hours")
    start, end = (datetime.fromisoformat(best[name]) for name in ("start", "end"))
    expect(page.locator("#best strong")).to_have_text(f"{start:%a} {start.day} {start:%b %H:%M}–{end:%H:%M}")
    forecast = loopback.get(f"{pipeline.api_url}/v1/zones/DE/forecast").json()
    expected = {row["at"]: f"{row[CARBON]:.0f}" for row in forecast["data"]}
    shown: dict[str, str] = dict(
        page.locator("#table tr[data-kind=forecast]").evaluate_all(
            "all => all.map(each => [each.dataset.at, each.cells[3].textContent])"
        )
    )
    assert shown == {at: value for at, value in expected.items() if at in shown} != {}
    assert best["start"] in shown

    page.route("**/v1/zones/*/best-window?*", lambda route: route.fulfill(status=404, body="{}"))
    page.reload()
    is_live(page)
    expect(page.locator("#ahead")).to_be_hidden()
    expect(page.locator("#table tr[data-kind=forecast]")).to_have_count(0)


def test_the_keyboard_reads_the_chart(open_page: OpenPage) -> None:
    page = open_page("?zone=DE")
    is_live(page)
    page.locator("#mix").focus()
    newest = page.locator("#at").inner_text()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#at")).not_to_have_text(newest)
    page.keyboard.press("Escape")
    expect(page.locator("#at")).to_have_text(newest)


@pytest.mark.parametrize(
    ("name", "query", "context"),
    [
        ("desktop", "?zone=DE", {}),
        ("dark", "?zone=FR&range=7d&time=local", {"color_scheme": "dark"}),
        ("phone", "?zone=ES", PHONE),
        ("table", "?zone=IT&view=table", {}),
    ],
)
def test_everybody_can_use_it(
    open_page: OpenPage, screenshots: Path, name: str, query: str, context: dict[str, Any]
) -> None:
    page = open_page(query, **context)
    is_live(page)
    page.screenshot(path=screenshots / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(result => result.violations)")
    serious = [
        (finding["id"], [node["html"][:200] for node in finding["nodes"]])
        for finding in found
        if finding["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_a_key_is_asked_for_and_kept_in_the_tab(open_page: OpenPage, pipeline: Pipeline, tmp_path: Path) -> None:
    key = make_key("page", None)
    keys_file = tmp_path / "keys.json"
    keys_file.write_text(json.dumps({"keys": [key.entry]}), encoding="utf-8")
    port = free_port()
    setting = {
        "PORT": str(port),
        "API_KEYS_FILE": str(keys_file),
        "PAGE_DIRECTORY": str(REPOSITORY / "services" / "query-api" / "web" / "dist"),
        **cassandra_values(pipeline.stack.cassandra),
    }
    url = f"http://127.0.0.1:{port}"
    guarded = Service(
        "query API with keys",
        ["-m", "gridpulse_query_api"],
        tmp_path / "query-api.log",
        environment={f"GRIDPULSE_QUERY_API_{name}": value for name, value in setting.items()},
        health_url=f"{url}/readyz",
    )
    try:
        guarded.start()
        page = open_page("?zone=DE", url=url)
        dialog = page.locator("#key-dialog")
        expect(dialog).to_be_visible()
        page.locator("#key").fill("not a key")
        page.keyboard.press("Enter")
        expect(page.locator("#key-reason")).to_contain_text("not valid")
        page.locator("#key").fill(key.key)
        page.keyboard.press("Enter")
        is_live(page)
        page.reload()
        is_live(page)
        expect(dialog).to_be_hidden()
        assert page.evaluate("localStorage.getItem('gridpulse-api-key')") is None
    finally:
        guarded.stop()
