"""Dashboards: panels in rows, with what all dashboards share (UTC, variables, links to one another)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gridpulse_grafana.panels import Panel
from gridpulse_grafana.queries import PROMETHEUS

__all__ = ["Board", "Variable", "granularity", "one_zone", "several_zones"]

_TAG: Final = "gridpulse"
_COLUMNS: Final = 24
_RUNBOOKS_AT: Final = "https://github.com/example/gridpulse/blob/main"
_ZONES_QUERY: Final = "label_values(gridpulse_ingester_newest_at_timestamp_seconds, zone)"

Variable = dict[str, Any]


def several_zones() -> Variable:
    """`zone`, of which several are chosen at once: those that the ingester collects."""
    return {**_zone(), "multi": True, "current": {"text": ["DE", "FR", "ES"], "value": ["DE", "FR", "ES"]}}


def one_zone() -> Variable:
    """`zone`, of which one is chosen."""
    return {**_zone(), "multi": False, "current": {"text": "DE", "value": "DE"}}


def _zone() -> Variable:
    return {
        "name": "zone",
        "label": "Zone",
        "type": "query",
        "datasource": PROMETHEUS.reference(),
        "definition": _ZONES_QUERY,
        "query": {"query": _ZONES_QUERY, "refId": "zone"},
        "refresh": 2,
        "sort": 1,
        "includeAll": False,
        "options": list[Any](),
    }


def granularity() -> Variable:
    """`granularity`: width of the rows to read."""
    names = ("hourly", "15_minutes", "5_minutes")
    return {
        "name": "granularity",
        "label": "Granularity",
        "type": "custom",
        "query": ",".join(names),
        "multi": False,
        "includeAll": False,
        "current": {"text": names[0], "value": names[0]},
        "options": [{"text": name, "value": name, "selected": name == names[0]} for name in names],
    }


def _runbooks() -> Variable:
    """The address before `docs/runbooks`; the chart puts its own in the place of this one."""
    return {
        "name": "runbooks",
        "type": "constant",
        "hide": 2,
        "query": _RUNBOOKS_AT,
        "current": {"text": _RUNBOOKS_AT, "value": _RUNBOOKS_AT},
    }


@dataclass(frozen=True)
class Board:
    """A dashboard by its uid, which is also the name of its file. Panels follow one another in rows of 24 columns."""

    uid: str
    title: str
    description: str
    variables: Sequence[Variable]
    panels: Sequence[Panel]
    since: str = "now-48h"
    refresh: str = "1m"

    def document(self) -> dict[str, Any]:
        """As Grafana keeps it."""
        return {
            "uid": self.uid,
            "title": f"GridPulse / {self.title}",
            "description": self.description,
            "tags": [_TAG],
            "timezone": "utc",
            "editable": False,
            "graphTooltip": 1,
            "refresh": self.refresh,
            "time": {"from": self.since, "to": "now"},
            "schemaVersion": 39,
            "links": [
                {
                    "title": "GridPulse",
                    "type": "dashboards",
                    "tags": [_TAG],
                    "asDropdown": True,
                    "includeVars": True,
                    "keepTime": True,
                }
            ],
            "templating": {"list": [*self.variables, _runbooks()]},
            "annotations": {"list": list[Any]()},
            "panels": self._placed(),
        }

    def _placed(self) -> list[dict[str, Any]]:
        placed: list[dict[str, Any]] = []
        x = y = height = 0
        for number, panel in enumerate(self.panels, start=1):
            width = _COLUMNS if panel.repeated_by else panel.width
            if x + width > _COLUMNS:
                x, y, height = 0, y + height, 0
            placed.append(panel.document(number, x, y))
            x, height = x + width, max(height, panel.height)
        return placed
