"""The client and the command against the real query API on a real Cassandra."""

import json
from collections.abc import Callable, Generator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from gridpulse import Client
from gridpulse.__main__ import EXIT_INTERRUPTED
from gridpulse_platform import loopback

from .conftest import HOUR, HOURS, ZONES, Served, Watching, carbon, forecast_row, gridpulse, parquet, power

pytestmark = pytest.mark.engines

SIGNALS = ("power-breakdown", "carbon-intensity")


@pytest.fixture
def client(served: Served) -> Generator[Client]:
    with Client(served.api.url) as client:
        yield client


def asked(served: Served, path: str, **query: Any) -> httpx.Response:
    """The API's own answer."""
    return loopback.get(f"{served.api.url}{path}", params=query, timeout=30).raise_for_status()


def span(served: Served) -> dict[str, str]:
    return {"start": served.start.isoformat(), "end": served.end.isoformat()}


def arguments(served: Served) -> list[str]:
    return ["--start", served.start.isoformat(), "--end", served.end.isoformat()]


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_range_is_what_the_api_says(served: Served, client: Client, signal: str) -> None:
    path = f"/v1/zones/DE/{signal}"
    expected = asked(served, path, **span(served)).json()
    assert len(expected["data"]) == HOURS
    listing = client.range("DE", signal, start=served.start, end=served.end)
    assert listing.document() == expected
    assert b"".join(listing.csv()) == asked(served, path, **span(served), format="csv").content
    done = gridpulse(served.api.url, "range", "DE", "--signal", signal, *arguments(served), "--format", "json")
    assert json.loads(done.stdout) == expected


def test_a_range_is_the_same_in_any_number_of_pages(served: Served, client: Client) -> None:
    path = "/v1/zones/FR/power-breakdown"
    whole = client.range("FR", start=served.start, end=served.end)
    paged = client.listing(path, start=served.start, end=served.end, limit=7)
    assert asked(served, path, **span(served), limit=7).json()["next"] is not None
    assert list(paged.rows()) == list(whole.rows())
    assert b"".join(paged.csv()) == b"".join(whole.csv())
    assert paged.arrow().equals(whole.arrow())


def test_a_parquet_file_has_every_number_in_utc_and_null_where_one_is_missing(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    done = gridpulse(served.api.url, "range", "DE", *arguments(served), "--format", "parquet", "--output", str(path))
    assert (done.returncode, done.stderr) == (0, b"")
    table = parquet.read_table(path)
    expected = asked(served, "/v1/zones/DE/power-breakdown", **span(served)).json()
    assert [at.isoformat().replace("+00:00", "Z") for at in table.column("at").to_pylist()] == [
        row["at"] for row in expected["data"]
    ]
    wind = [row["production_mw"]["wind"] for row in expected["data"]]
    assert table.column("prod_wind_mw").to_pylist() == wind
    assert wind.count(None) == 1
    assert table.schema.metadata[b"unit"] == b"MW"


def test_days_are_rolled_up_by_the_api(served: Served, client: Client) -> None:
    query = {**span(served), "resolution": "day", "timezone": "local"}
    listing = client.range("DE", start=served.start, end=served.end, resolution="day", timezone="local")
    expected = asked(served, "/v1/zones/DE/power-breakdown", **query).json()
    assert listing.document() == expected
    table = gridpulse(served.api.url, "range", "DE", *arguments(served), "--resolution", "day", "--local")
    assert "time (Europe/Berlin)" in table.stdout.decode()
    assert table.stdout.count(b" 00:00 ") == len(expected["data"]) >= 1


def test_what_had_been_said_by_then(served: Served, client: Client) -> None:
    at = served.start - 10 * HOUR
    served.write([power("DE", at, 1.0), power("DE", at, 2.0, revision=30)])
    for minutes, wind in ((10, 1.0), (40, 2.0)):
        as_of = at + HOUR + minutes * HOUR / 60
        rows = list(client.range("DE", start=at, end=at + HOUR, as_of=as_of).rows())
        assert [row["production_mw"]["wind"] for row in rows] == [wind]


@pytest.mark.parametrize("signal", SIGNALS)
def test_the_newest_row(served: Served, client: Client, signal: str) -> None:
    expected = asked(served, f"/v1/zones/FR/{signal}/latest").json()
    assert {**client.latest("FR", signal), "age_seconds": 0} == {**expected, "age_seconds": 0}  # it grows
    text = gridpulse(served.api.url, "latest", "FR", "--signal", signal).stdout.decode()
    shown = "2,000 MW" if signal == "power-breakdown" else "100 gCO2eq/kWh"
    assert shown in text
    assert f"{served.newest:%Y-%m-%d %H:%M}" in text
    printed = json.loads(gridpulse(served.api.url, "latest", "FR", "--signal", signal, "--format", "json").stdout)
    assert {**printed, "age_seconds": 0} == {**expected, "age_seconds": 0}


def test_the_ranking(served: Served, client: Client) -> None:
    rows = list(client.ranking(zones=ZONES).rows())
    assert [(row["rank"], row["zone"], row["value"]) for row in rows] == [(1, "FR", 100.0), (2, "DE", 300.0)]
    lines = gridpulse(served.api.url, "ranking", "--order", "descending").stdout.decode().splitlines()
    ranked = [line.split()[3] for line in lines if line.startswith(("│    1", "│    2"))]
    assert ranked == ["DE", "FR"]


def test_a_forecast_and_its_best_window(served: Served, client: Client) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for issued_at, low in ((now - HOUR, 99.0), (now, 50.0)):
        hours = ((n, served.newest + n * HOUR) for n in range(25))
        served.write(forecast_row("DE", issued_at, at, low if n in (9, 10, 11) else 300.0 - n) for n, at in hours)
    path = "/v1/zones/DE/forecast"
    newest = asked(served, path).json()
    assert {**client.forecast("DE").document(), "age_seconds": 0} == {**newest, "age_seconds": 0}
    earlier = list(client.forecast("DE", as_of=now - HOUR).rows())
    assert earlier == asked(served, path, issued_at=(now - HOUR).isoformat()).json()["data"] != newest["data"]
    text = gridpulse(served.api.url, "forecast", "DE", "--tz", "Europe/Berlin").stdout.decode()
    assert text.count(" 50 ") == 3
    csv = gridpulse(served.api.url, "forecast", "DE", "--format", "csv").stdout
    assert csv == asked(served, path, format="csv").content

    best = asked(served, "/v1/zones/DE/best-window", duration="PT3H").json()
    assert best["mean_gco2eq_per_kwh"] == 50
    found = client.best_window("DE", 3 * HOUR, within=24 * HOUR)
    assert {**found, "age_seconds": 0} == {**best, "age_seconds": 0}
    for duration in ("3h", "PT3H", "180m"):
        printed = gridpulse(served.api.url, "best-window", "DE", "--duration", duration, "--format", "json").stdout
        assert {**json.loads(printed), "age_seconds": 0} == {**best, "age_seconds": 0}
    text = gridpulse(served.api.url, "best-window", "DE", "--duration", "3h", "--within", "24h").stdout.decode()
    assert f"{served.newest + 9 * HOUR:%Y-%m-%d %H:%M}" in text
    assert "50 gCO2eq/kWh" in text
    refused = gridpulse(served.api.url, "best-window", "FR", "--duration", "3h")
    assert (refused.returncode, b"There is no forecast of" in refused.stderr) == (1, True)
    with closing(client.watch("DE")) as events:  # whose stream tells the forecast, too
        assert {event.signal for event in islice(events, 2)} == set(SIGNALS)


def test_other_lists_are_a_path_away(served: Served, client: Client) -> None:
    revisions = client.listing("/v1/zones/FR/power-breakdown/revisions", start=served.start, end=served.end, limit=7)
    assert len(list(revisions.rows())) == HOURS


def test_a_zone_is_watched_over_the_death_of_the_server(served: Served, tmp_path: Path) -> None:
    at = served.newest - HOUR

    def has(wind: float) -> Callable[[list[str]], bool]:
        def is_there(lines: list[str]) -> bool:
            return any(json.loads(line)["production_mw"]["wind"] == wind for line in lines)

        return is_there

    with Watching(tmp_path, served.api.url, "DE", "--format", "json", "--signal", "power-breakdown") as watching:
        first = watching.until(lambda lines: len(lines) == 1, "the newest row")
        assert (json.loads(first[0])["signal"], json.loads(first[0])["at"][:13]) == (
            "power-breakdown",
            f"{served.newest:%Y-%m-%dT%H}",
        )
        served.write([power("DE", at, 5001.0, revision=1)])
        watching.until(has(5001.0), "a revision")
        served.api.kill()
        served.write([power("DE", at, 5002.0, revision=2)])
        served.api.start()
        watching.until(has(5002.0), "what was missed")
        served.write([power("DE", at, 5003.0, revision=3)])
        watching.until(has(5003.0), "a revision after it")
        assert watching.interrupt() == EXIT_INTERRUPTED
        assert "Traceback" not in watching.complaints.read_text(encoding="utf-8")


def test_what_was_missed_is_asked_for_by_the_last_id(served: Served, client: Client) -> None:
    at = served.newest - 2 * HOUR
    staying = client.watch("FR")  # keeps the watch of the server, and with it what it remembers
    first = list(islice(staying, 2))
    assert {event.signal for event in first} == set(SIGNALS)
    assert first[-1].id
    served.write([carbon("FR", at, 42.0).model_copy(update={"updated_at": at + 2 * HOUR})])
    changed = next(staying)
    assert (changed.signal, changed.row["carbon_intensity_gco2eq_per_kwh"]) == ("carbon-intensity", 42.0)
    back = client.watch("FR", last_event_id=first[-1].id)
    assert next(back)[:2] == changed[:2]  # the id would be another if an hour had gone meanwhile
    for events in (back, staying):
        events.close()


def test_a_number_of_rows_on_lines(served: Served, tmp_path: Path) -> None:
    with Watching(tmp_path, served.api.url, "FR", "--count", "2", "--tz", "Europe/Paris") as watching:
        assert watching.process.wait(timeout=60) == 0
        lines = watching.lines()
    assert len(lines) == 2
    assert all(" Europe/Paris  " in line for line in lines)
    assert any("produced 2,000 MW, consumed 100 MW, net import 3 MW" in line for line in lines)
