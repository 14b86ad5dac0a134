"""What all dashboards ask: the running pipeline, and made-up rows around New Year."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from gridpulse_contract.models import Event, Granularity, PowerBreakdownEvent
from gridpulse_platform import loopback, wait_until
from gridpulse_schema import open_session
from harness.grafana import View
from harness.histories import history
from harness.pipeline import ZONES, Pipeline
from harness.storing import store

NEW_YEAR: Final = View(datetime(2025, 12, 31, 12, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))
"""Of the made-up rows, which cross a year and a month, and have gaps and revisions."""
_RULES: Final = (
    ("gaps", "error", 7, "7 hours have no row."),
    ("flat", "ok", 0, ""),
    ("late", "warning", 2, "2 h late."),
)


@dataclass(frozen=True)
class Served:
    """What panels ask: a session in the plugin's keyspace, and the query API."""

    pipeline: Pipeline
    session: Any
    now: datetime

    @property
    def api_url(self) -> str:
        """Of the query API."""
        return self.pipeline.api_url

    @property
    def live(self) -> View:
        """The last day of the pipeline's data."""
        return View(self.now - timedelta(hours=24), self.now)

    def api_document(self, path: str, **parameters: Any) -> dict[str, Any]:
        """A whole answer of the query API."""
        return loopback.get(f"{self.api_url}{path}", params=parameters, timeout=30).raise_for_status().json()

    def api(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """All rows of an answer of the query API."""
        rows: list[dict[str, Any]] = []
        answer = loopback.get(f"{self.api_url}{path}", params={"limit": 2500, **parameters}, timeout=30)
        document = answer.raise_for_status().json()
        rows += document["data"]
        assert document["next"] is None
        return rows


@pytest.fixture(scope="package")
def served(running: Pipeline) -> Generator[Served]:
    cassandra = running.stack.cassandra
    with open_session([cassandra.contact_points], port=cassandra.port) as opened:
        session: Any = opened  # it knows more than its type says
        session.set_keyspace(running.keyspace)
        _fill(running, session)
        served = Served(running, session, running.virtual_now())
        wait_until(lambda: _is_filled(served), 60, "a day of every zone in Cassandra")
        yield served


def _fill(pipeline: Pipeline, session: Any) -> None:
    store(session, pipeline.keyspace, map(_with_totals, history(7, hours=36)))
    verdict = session.prepare(
        "INSERT INTO data_quality (zone, year, day, rule, severity, findings, detail) VALUES (?, ?, ?, ?, ?, ?, ?)"
    )
    energy = session.prepare(
        "INSERT INTO power_daily (zone, calendar, year, day, flow, mode, energy_mwh, coverage_percent, kind, "
        "measured_percent, updated_at) VALUES ('DE', 'utc', ?, ?, ?, ?, ?, 100, 'measured', 100, ?)"
    )
    for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2)):
        for rule in _RULES:
            session.execute(verdict, ("DE", day.year, day, *rule))
        for flow, mode, number in (
            ("production", "wind", 1000.0 + day.day),
            ("production", "total", 2000.0),
            ("production", "coal", float("nan")),
            ("consumption", "total", 1900.0),
        ):
            session.execute(energy, (day.year, day, flow, mode, number, datetime(2026, 1, 4, tzinfo=UTC)))


def _with_totals(event: Event) -> Event:
    """The made-up revisions with the totals that they leave out; missing where the production is."""
    if not isinstance(event, PowerBreakdownEvent) or event.production_total_mw is None:
        return event
    totals = {
        "consumption_total_mw": event.production_total_mw - 500,
        "import_total_mw": 700.0,
        "export_total_mw": 1200.0,
    }
    return event.model_copy(update=totals)


def _is_filled(served: Served) -> bool:
    """By rows that the source itself has: panels read the table, and know none that the API composes of others."""
    view = served.live
    for zone in ZONES:
        parameters = {"start": view.start.isoformat(), "end": view.end.isoformat(), "granularity": Granularity.HOURLY}
        for path in ("power-breakdown", "carbon-intensity"):
            rows = served.api(f"/v1/zones/{zone}/{path}", **parameters)
            if sum("composed_of" not in row for row in rows) < 23:
                return False
    return True
