"""The dashboards' queries as Grafana and its plugins would run them, taken out of the generated JSON.

The rules are those of hadesarchitect-cassandra-datasource 3.x; docs/decisions/panels-and-their-sources.md says them.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from gridpulse_platform import loopback
from gridpulse_platform.jars import REPOSITORY

__all__ = ["Frame", "PluginError", "Target", "View", "fetch_api", "frames_of", "run_cql", "targets"]

DASHBOARDS: Final = REPOSITORY / "grafana" / "dashboards"
_VARIABLE: Final = re.compile(r"\$\{(?P<name>\w+)(?::(?P<format>[^}]+))?\}|\$(?P<bare>\w+)")
_NUMBERS: Final = {"double", "float", "int", "bigint", "tinyint"}  # smallint and decimal are not read right
_TIMES: Final = {"timestamp", "date"}
_TEXTS: Final = {"varchar", "text", "ascii"}
_DATE_FORMS: Final = {"YYYY": "%Y", "YYYYMM": "%Y%m", "YYYY-MM-DD": "%Y-%m-%d"}


class PluginError(Exception):
    """The plugin, or Grafana, would refuse the query or show something wrong."""


@dataclass(frozen=True)
class Target:
    """One query of one panel."""

    dashboard: str
    panel: Mapping[str, Any]
    query: Mapping[str, Any]

    @property
    def name(self) -> str:
        """For test reports."""
        return f"{self.dashboard}: {self.panel['title']} {self.query['refId']}"

    @property
    def plugin(self) -> str:
        """Of the data source it asks."""
        return self.query["datasource"]["type"]


def targets(plugin: str, folder: Path = DASHBOARDS) -> list[Target]:
    """Every query to a data source, in the order of files and panels."""
    found: list[Target] = []
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        for panel in document["panels"]:
            found += [Target(path.stem, panel, query) for query in panel["targets"]]
    return [target for target in found if target.plugin == plugin]


@dataclass(frozen=True)
class View:
    """What is chosen on a dashboard."""

    start: datetime
    end: datetime
    zones: Sequence[str] = ("DE",)
    granularity: str = "hourly"
    rate_interval: str = "15s"

    def fill(self, text: str) -> str:
        """The text as the front end sends it. Raises PluginError where it would leave a variable as it is."""
        return _VARIABLE.sub(self._value, text)

    def _value(self, match: re.Match[str]) -> str:
        name, form = match["name"] or match["bare"], match["format"] or ""
        times = {"__from": self.start, "__to": self.end, "__timeFrom": self.start, "__timeTo": self.end}
        if name in ("__timeFrom", "__timeTo") and not form:
            return str(int(times[name].timestamp() * 1000))
        if name in ("__from", "__to") and form.startswith("date"):
            return _date(times[name], form.removeprefix("date").removeprefix(":") or "iso")
        if name == "__rate_interval":
            return self.rate_interval
        if name == "granularity":
            return self.granularity
        if name == "zone":
            return _zones(self.zones, form)
        if name.isdigit():
            return match[0]  # of PromQL's label_replace
        raise PluginError(f"Grafana knows no {match[0]}")


def _date(instant: datetime, form: str) -> str:
    if form == "iso":
        return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return instant.astimezone(UTC).strftime(_DATE_FORMS[form])


def _zones(zones: Sequence[str], form: str) -> str:
    if form == "singlequote":
        return ",".join(f"'{zone}'" for zone in zones)
    if form == "csv":
        return ",".join(zones)
    if form == "regex":
        return "|".join(map(re.escape, zones)) if len(zones) == 1 else f"({'|'.join(map(re.escape, zones))})"
    if not form and len(zones) == 1:
        return zones[0]
    raise PluginError(f"several zones as {form or 'plain text'} are no text that a store understands")


@dataclass(frozen=True)
class Frame:
    """One series, or one table: times, and by title the numbers and texts. A missing number is NaN."""

    id: str
    times: list[datetime]
    numbers: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    texts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def series(self, title: str) -> dict[datetime, float]:
        """Time -> number."""
        return dict(zip(self.times, self.numbers[title], strict=True))


def run_cql(session: Any, text: str) -> dict[str, Frame]:
    """Frames by id, as the plugin's backend makes them of a filled text. Raises PluginError where it breaks a rule."""
    if not text.startswith("SELECT "):
        raise PluginError("the plugin runs nothing but SELECT")
    if "ALLOW FILTERING" in text.upper():
        raise PluginError("the query reads whole tables")
    if "$" in text:
        raise PluginError("a variable is left")
    result = session.execute(text)
    return frames_of(result.column_names, [kind.typename for kind in result.column_types], list(result))


def frames_of(names: Sequence[str], kinds: Sequence[str], rows: Sequence[Any]) -> dict[str, Frame]:
    """The plugin's frames of rows whose columns have these names and CQL types."""
    if kinds[0] not in _TEXTS:
        raise PluginError(f"the series' id is {kinds[0]}, not text")
    numbers = [index for index, kind in enumerate(kinds) if kind in _NUMBERS]
    times = [index for index, kind in enumerate(kinds) if kind in _TIMES]
    texts = [index for index, kind in enumerate(kinds) if kind in _TEXTS][1:]
    known = {0, *numbers, *times, *texts}
    if others := [f"{names[index]} ({kinds[index]})" for index in range(len(kinds)) if index not in known]:
        raise PluginError(f"the plugin drops or spoils {', '.join(others)}")
    if len(times) != 1 or not numbers or numbers != list(range(1, times[0])):
        raise PluginError(f"the order is id, numbers, time: not {list(zip(names, kinds, strict=True))}")
    frames: dict[str, Frame] = {}
    for row in rows:
        values = list(row)
        if nulls := [names[index] for index in numbers if values[index] is None]:
            raise PluginError(f"null would be shown as 0: {nulls}")
        frame = frames.setdefault(values[0], Frame(values[0], []))
        frame.times.append(_instant(values[times[0]]))
        for index in numbers:
            frame.numbers.setdefault(names[index], []).append(float(values[index]))
        for index in texts:
            frame.texts.setdefault(names[index], []).append(values[index])
    return frames


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    day: date = value.date()  # the driver's own type
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def fetch_api(api_url: str, query: Mapping[str, Any], view: View) -> Iterator[dict[str, str | float | datetime | None]]:
    """Rows of title -> value, as Infinity's backend reads them: a number, text or time; None where there is none."""
    if (query["type"], query["source"], query["parser"]) != ("csv", "url", "backend"):
        raise PluginError("only CSV from an address through the backend")
    parameters = {one["key"]: view.fill(one["value"]) for one in query["url_options"]["params"]}
    answer = loopback.get(f"{api_url}{view.fill(query['url'])}", params=parameters, timeout=30)
    if answer.status_code != 200:
        raise PluginError(answer.text)
    reader = csv.DictReader(io.StringIO(answer.text))
    if missing := [one["selector"] for one in query["columns"] if one["selector"] not in (reader.fieldnames or ())]:
        raise PluginError(f"the answer has no {missing}")
    for row in reader:
        yield {one["text"]: _field(row[one["selector"]], one["type"]) for one in query["columns"]}


def _field(text: str, kind: str) -> str | float | datetime | None:
    if not text:
        return None
    if kind == "number":
        return float(text)
    if kind == "timestamp":
        return datetime.fromisoformat(text)
    return text
