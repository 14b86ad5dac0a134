"""The three data sources, and a query to each in the form in which Grafana keeps it.

What Grafana and its Cassandra plugin make of a query's text before a store sees it is in
docs/decisions/panels-and-their-sources.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

__all__ = [
    "CASSANDRA",
    "MAX_ROWS",
    "PROMETHEUS",
    "QUERY_API",
    "ApiQuery",
    "CqlQuery",
    "MetricQuery",
    "Query",
    "Source",
]

MAX_ROWS: Final = "2500"
"""The query API's highest `limit`."""


@dataclass(frozen=True)
class Source:
    """A data source by its plugin and the uid under which every installation has it."""

    plugin: str
    uid: str

    def reference(self) -> dict[str, str]:
        """As panels name it."""
        return {"type": self.plugin, "uid": self.uid}


CASSANDRA: Final = Source("hadesarchitect-cassandra-datasource", "gridpulse-cassandra")
QUERY_API: Final = Source("yesoreyeram-infinity-datasource", "gridpulse-query-api")
PROMETHEUS: Final = Source("prometheus", "prometheus")
"""kube-prometheus-stack gives its own Prometheus this uid."""


class Query(Protocol):
    """A question to one data source."""

    @property
    def source(self) -> Source:
        """Whom it asks."""
        ...

    @property
    def note(self) -> str:
        """What people should know about it, as a sentence, or nothing."""
        ...

    def target(self, ref_id: str) -> dict[str, Any]:
        """As a panel keeps it."""
        ...


@dataclass(frozen=True)
class CqlQuery:
    """Rows of a table of the source's keyspace, in the plugin's order: the series' id, the numbers, the time.

    `numbers` are title -> expression; `where` is of pieces of `cql`. `series` is a column of text. `alias` names the
    series where there is one number: `{{zone}}` is the row's column. `texts` are for tables.
    """

    table: str
    where: str
    numbers: Mapping[str, str]
    series: str = "zone"
    time: str = "at"
    alias: str = ""
    texts: Sequence[str] = ()

    @property
    def source(self) -> Source:
        """Cassandra."""
        return CASSANDRA

    @property
    def note(self) -> str:
        """Nothing."""
        return ""

    def target(self, ref_id: str) -> dict[str, Any]:
        """The plugin's raw query."""
        numbers = (f'{expression} AS "{title}"' for title, expression in self.numbers.items())
        columns = ", ".join((self.series, *numbers, self.time, *self.texts))
        return {
            "refId": ref_id,
            "datasource": CASSANDRA.reference(),
            "queryType": "query",
            "rawQuery": True,
            "target": f"SELECT {columns} FROM {self.table} WHERE {self.where}",  # noqa: S608 - our own constants
            "alias": self.alias,
        }


@dataclass(frozen=True)
class MetricQuery:
    """PromQL; `legend` names the series."""

    text: str
    legend: str

    @property
    def source(self) -> Source:
        """Prometheus."""
        return PROMETHEUS

    @property
    def note(self) -> str:
        """Nothing."""
        return ""

    def target(self, ref_id: str) -> dict[str, Any]:
        """Prometheus' query."""
        return {
            "refId": ref_id,
            "datasource": PROMETHEUS.reference(),
            "expr": self.text,
            "legendFormat": self.legend,
            "range": True,
            "format": "time_series",
        }


@dataclass(frozen=True)
class ApiQuery:
    """A GET of the query API's CSV, which is flat and leaves a missing number empty, so that it is no value.

    `reason` says why this is not CQL. `columns` are (name in the CSV, title, number | string | timestamp).
    """

    path: str
    parameters: Sequence[tuple[str, str]]
    columns: Sequence[tuple[str, str, str]]
    reason: str

    @property
    def source(self) -> Source:
        """The query API through Infinity."""
        return QUERY_API

    @property
    def note(self) -> str:
        """Why it is not CQL."""
        return f"Read from the query API: {self.reason}"

    def target(self, ref_id: str) -> dict[str, Any]:
        """Infinity's query; its backend reads the CSV, and the source has the API's address and key."""
        return {
            "refId": ref_id,
            "datasource": QUERY_API.reference(),
            "type": "csv",
            "source": "url",
            "parser": "backend",
            "format": "table",
            "url": self.path,
            "url_options": {
                "method": "GET",
                "data": "",
                "params": [{"key": key, "value": value} for key, value in (*self.parameters, ("format", "csv"))],
            },
            "root_selector": "",
            "columns": [{"selector": name, "text": title, "type": kind} for name, title, kind in self.columns],
            "filters": [],
        }
