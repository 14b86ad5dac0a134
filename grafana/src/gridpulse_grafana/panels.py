"""Panels: what each shows, in which unit, from where, and which page helps when it looks wrong.

A panel without a unit, a description or a query can't be made. Missing numbers are gaps: nothing here joins points
across them (`spanNulls`), and what is stacked has its NaN turned into null first, which Grafana skips where NaN would
take the series above with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from gridpulse_grafana.queries import Query

__all__ = [
    "GREEN",
    "RUNBOOKS",
    "Kind",
    "Panel",
    "Threshold",
    "Unit",
    "as_numbers",
    "by_title",
    "column",
    "fixed_colours",
    "merged",
    "separated",
]

GREEN: Final = "green"
RUNBOOKS: Final = "${runbooks}/docs/runbooks"
"""Where runbooks can be read: a variable of every dashboard, since JSON in a ConfigMap has no address of its own."""
_REF_IDS: Final = "ABCDEFGH"

Transformation = dict[str, Any]
Override = dict[str, Any]


class Unit(StrEnum):
    """Grafana's names of the units that we use; those with a colon are its way to make one."""

    MEGAWATT = "megwatt"
    MEGAWATT_HOUR = "si:MWh"  # Grafana has no name for it: given in MWh, shown with the prefix that fits
    PERCENT = "percent"
    RATIO = "percentunit"
    INTENSITY = "suffix: gCO₂eq/kWh"
    SECONDS = "s"
    COUNT = "short"
    EVENTS_PER_SECOND = "eps"
    REQUESTS_PER_SECOND = "reqps"
    BOOLEAN = "bool_on_off"


class Kind(StrEnum):
    """Grafana's panels that we use."""

    SERIES = "timeseries"
    TABLE = "table"
    GAUGES = "bargauge"
    NUMBERS = "stat"
    BARS = "barchart"


@dataclass(frozen=True)
class Threshold:
    """From `value` on, in the panel's unit, it is `colour`."""

    value: float
    colour: str


@dataclass(frozen=True)
class Panel:
    """One panel of `width` of 24 columns. `runbook` is the name of a page in docs/runbooks, without its suffix."""

    title: str
    description: str
    unit: Unit
    queries: Sequence[Query]
    kind: Kind = Kind.SERIES
    width: int = 12
    height: int = 9
    runbook: str = ""
    stacked: bool = False
    points: bool = False
    minimum: float | None = None
    maximum: float | None = None
    thresholds: Sequence[Threshold] = ()
    below: str = GREEN
    """Colour below the first threshold."""
    transformations: Sequence[Transformation] = ()
    overrides: Sequence[Override] = ()
    repeated_by: str = ""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        """Refuse what would be a panel that nobody can read. Raises ValueError."""
        if not self.title or not self.description.endswith(".") or not 0 < len(self.queries) <= len(_REF_IDS):
            raise ValueError(f"{self.title!r} needs a title, a description and at least one query")
        if len({query.source for query in self.queries}) != 1:
            raise ValueError(f"{self.title!r} mixes data sources")
        if not 0 < self.width <= 24:
            raise ValueError(f"{self.title!r} is {self.width} wide")

    def document(self, number: int, x: int, y: int) -> dict[str, Any]:
        """As Grafana keeps it, at a place."""
        document: dict[str, Any] = {
            "id": number,
            "type": self.kind.value,
            "title": self.title,
            "description": " ".join([self.description, *(query.note for query in self.queries if query.note)]),
            "datasource": self.queries[0].source.reference(),
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [query.target(ref_id) for query, ref_id in zip(self.queries, _REF_IDS, strict=False)],
            "fieldConfig": {"defaults": self._defaults(), "overrides": list(self.overrides)},
            "options": {**_OPTIONS[self.kind], **self.options},
            "transformations": list(self.transformations),
        }
        if self.runbook:
            document["links"] = [
                {"title": f"Runbook: {self.runbook}", "url": f"{RUNBOOKS}/{self.runbook}.md", "targetBlank": True}
            ]
        if self.repeated_by:
            document |= {"repeat": self.repeated_by, "repeatDirection": "h", "maxPerRow": 24 // self.width}
        return document

    def _defaults(self) -> dict[str, Any]:
        steps = [{"value": None, "color": self.below}]
        steps += [{"value": step.value, "color": step.colour} for step in self.thresholds]
        defaults: dict[str, Any] = {
            "unit": self.unit.value,
            "thresholds": {"mode": "absolute", "steps": steps},
            "color": {"mode": "palette-classic" if self.kind in (Kind.SERIES, Kind.BARS) else "thresholds"},
            "noValue": "–",
        }
        limits = {"min": self.minimum, "max": self.maximum}
        defaults |= {name: limit for name, limit in limits.items() if limit is not None}
        if self.kind is Kind.SERIES:
            defaults["custom"] = self._drawing()
        return defaults

    def _drawing(self) -> dict[str, Any]:
        return {
            "drawStyle": "points" if self.points else "line",
            "lineInterpolation": "stepAfter",  # a value holds for its whole interval
            "lineWidth": 0 if self.stacked else 1,
            "fillOpacity": 80 if self.stacked else 0,
            "pointSize": 4,
            "showPoints": "always" if self.points else "auto",  # a lone value between gaps is seen
            "spanNulls": False,
            "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
            "axisLabel": "",
            "thresholdsStyle": {"mode": "line" if self.thresholds else "off"},
        }


_REDUCED: Final = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_LEGEND: Final = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": list[str]()}
_OPTIONS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.SERIES: {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}, "timezone": ["utc"]},
    Kind.TABLE: {"showHeader": True, "cellHeight": "sm"},
    Kind.GAUGES: {"displayMode": "basic", "orientation": "horizontal", "reduceOptions": _REDUCED, "showUnfilled": True},
    Kind.NUMBERS: {"colorMode": "value", "graphMode": "area", "reduceOptions": _REDUCED, "textMode": "auto"},
    Kind.BARS: {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}, "stacking": "normal"},
}


def as_numbers(titles: Sequence[str]) -> Transformation:
    """NaN becomes null in these fields."""
    conversions = [{"targetField": title, "destinationType": "number"} for title in titles]
    return {"id": "convertFieldType", "options": {"conversions": conversions, "fields": {}}}


def separated() -> Transformation:
    """Rows with a text (a neighbour, a rule) become a series for each text."""
    return {"id": "prepareTimeSeries", "options": {"format": "multi"}}


def merged() -> Transformation:
    """Tables of several series become one."""
    return {"id": "merge", "options": {}}


def by_title(title: str, **properties: Any) -> Override:
    """Properties of one field; `__` in their names stands for a dot."""
    return {
        "matcher": {"id": "byName", "options": title},
        "properties": [{"id": name.replace("__", "."), "value": value} for name, value in properties.items()],
    }


def fixed_colours(colours: Mapping[str, str]) -> list[Override]:
    """The same colour for the same thing on every dashboard."""
    return [by_title(title, color={"mode": "fixed", "fixedColor": colour}) for title, colour in colours.items()]


def column(title: str, unit: Unit, *thresholds: Threshold, below: str = GREEN) -> Override:
    """A table's column of numbers, coloured by thresholds if there are any."""
    properties: dict[str, Any] = {"unit": unit.value}
    if thresholds:
        steps = [{"value": None, "color": below}, *({"value": t.value, "color": t.colour} for t in thresholds)]
        properties["thresholds"] = {"mode": "absolute", "steps": steps}
        properties["custom__cellOptions"] = {"type": "color-text"}
    return by_title(title, **properties)
