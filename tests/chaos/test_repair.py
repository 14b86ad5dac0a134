"""Holes in the past: `repair` finds them through the query API and fills them from the source, as far as it offers."""

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest

from gridpulse_platform import loopback, wait_until
from harness.pipeline import Pipeline

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(600)]

DEADLINE_SECONDS: Final = 120
DAY: Final = timedelta(days=1)
SIGNALS: Final = "power-breakdown,carbon-intensity"
SERIES: Final = ("power-breakdown", "carbon-intensity?variant=lifecycle", "carbon-intensity?variant=direct")


def test_holes_are_found_and_filled(pipeline: Pipeline, tmp_path: Path) -> None:
    """DE's key has past-range, FR's has not, and of IT the source says that it has no data."""
    midnight = pipeline.virtual_now().replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight - 20 * DAY  # nothing of these days was ever polled
    pipeline.inject(fault="no-recent-data", path="*past-range", zones=["IT"])
    tokens = tmp_path / "tokens.json"
    keys = {"DE": "standin-all", "FR": "standin-free-FR", "IT": "standin-all"}
    tokens.write_text(
        json.dumps(
            [{"id": zone, "headers": {"zone": zone}, "params": {"auth-token": key}} for zone, key in keys.items()]
        )
    )

    def repair(days: int, *arguments: str) -> list[str]:
        command = ("repair", "--query-api-url", pipeline.api_url, "--end", end.isoformat(), "--days", str(days))
        done = pipeline.run_ingester(
            *command,
            *arguments,
            TOKENS_FILE=str(tokens),
            ZONES=",".join(keys),
            SIGNALS=SIGNALS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    first, *rest = repair(1)
    assert "9 series: 216 hours were missing, 72 fetched, 72 not at the source, 72 not fetched;" in first
    assert sum(line.startswith("not at the source: IT ") for line in rest) == len(SERIES)
    (refused,) = (line for line in rest if line.startswith("not fetched"))
    assert refused.startswith("not fetched: FR, 72 hours of 3 series: not-entitled: the key has no past-range here;")
    _wait_for_hours(pipeline, "DE", end - DAY, end)
    assert all(not _hours(pipeline, zone, series, end - DAY, end) for zone in ("FR", "IT") for series in SERIES)

    before = _past_requests(pipeline)
    assert before["DE"] == len(SERIES)
    assert before["FR"] == len(SERIES)
    assert "0 hours were missing" in repair(1, "--zones", "DE")[0]
    assert _past_requests(pipeline) == before

    longer = repair(3, "--zones", "DE", "--refresh", "7,30")
    assert "144 hours were missing, 144 fetched, 0 not at the source, 0 not fetched; days refreshed: 2" in longer[0]
    assert _past_requests(pipeline)["DE"] == before["DE"] + 2 * len(SERIES)  # a week back lies within the same ten days
    _wait_for_hours(pipeline, "DE", end - 7 * DAY, end)
    _wait_for_hours(pipeline, "DE", end - 30 * DAY, end - 29 * DAY)


def _past_requests(pipeline: Pipeline) -> Counter[str]:
    """How often the source was asked for the past, by zone."""
    counts = Counter[str]()
    for entry in pipeline.requests():
        if entry["path"].endswith("/past-range"):
            counts[entry["zone"]] += entry["count"]
    return counts


def _wait_for_hours(pipeline: Pipeline, zone: str, start: datetime, end: datetime) -> None:
    expected = [start + number * timedelta(hours=1) for number in range((end - start) // timedelta(hours=1))]
    for series in SERIES:
        wait_until(
            lambda series=series: _hours(pipeline, zone, series, start, end) == expected,
            DEADLINE_SECONDS,
            f"every hour of {zone} {series} in the API",
            pause_seconds=0.5,
        )


def _hours(pipeline: Pipeline, zone: str, series: str, start: datetime, end: datetime) -> list[datetime]:
    window = {"start": start.isoformat(), "end": end.isoformat()}
    url = httpx.URL(f"{pipeline.api_url}/v1/zones/{zone}/{series}").copy_merge_params(window)
    rows = loopback.get(url, timeout=30).raise_for_status().json()["data"]
    return [datetime.fromisoformat(row["at"]) for row in rows]
