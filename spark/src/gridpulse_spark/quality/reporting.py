"""Where the verdicts go: Parquet, Cassandra and Prometheus."""

import logging
from datetime import date
from typing import Final

from prometheus_client import CollectorRegistry, Gauge
from pyspark.sql import SparkSession

from gridpulse_spark.analytics.results import write_results
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.keeping import keep
from gridpulse_spark.quality.facts import gathered_facts
from gridpulse_spark.quality.judging import judge
from gridpulse_spark.quality.rules import Severity
from gridpulse_spark.sinks import write_table

__all__ = ["DataQualityMetrics", "report_day"]

TABLE: Final = "data_quality"
_log = logging.getLogger(__name__)


class DataQualityMetrics:
    """Metrics of one run."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._findings = Gauge(
            "gridpulse_data_quality_findings",
            "Hours or days that a rule found in the newest day that was judged",
            ["zone", "rule", "severity"],
            registry=self.registry,
        )
        self._day = Gauge(
            "gridpulse_data_quality_day_timestamp_seconds",
            "Start of the newest day that was judged",
            registry=self.registry,
        )

    def set_findings(self, zone: str, rule: str, severity: str, findings: int) -> None:
        """A verdict."""
        self._findings.labels(zone, rule, severity).set(findings)

    def set_day(self, timestamp_seconds: float) -> None:
        """The day that was judged, by its start."""
        self._day.set(timestamp_seconds)


def report_day(
    session: SparkSession, results: LakeFiles, day: date, keyspace: str, metrics: DataQualityMetrics
) -> list[str]:
    """Judge a day and store the verdicts; the reader's views must be there. Returns what is not `ok`, a line for each.

    Raises LakeError when the lake can't be read or the verdicts can't be written.
    """
    results.clean_staging()
    with gathered_facts(session, day) as facts:
        verdicts = keep(judge(facts))
        try:
            write_results(verdicts, results, TABLE, "day")
            write_table(verdicts, keyspace, TABLE)
            rows = verdicts.sort("zone", "rule").collect()
        finally:
            verdicts.unpersist()
    lines: list[str] = []
    for row in rows:
        metrics.set_findings(row["zone"], row["rule"], row["severity"], row["findings"])
        if row["severity"] != Severity.OK:
            lines.append(f"{row['severity']}: {row['zone']} {row['rule']} ({row['findings']}): {row['detail']}")
    _log.info("%d verdicts on %s are in %s and %s.%s", len(rows), day, results.uri(TABLE), keyspace, TABLE)
    return lines
