"""The batch jobs of `spark/jobs` as parts of the platform, with the settings of this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from gridpulse_platform.bigquery import BigQueryStandIn
from gridpulse_platform.cassandra import CassandraNode
from gridpulse_platform.jars import REPOSITORY
from gridpulse_platform.kafka import KafkaBroker
from gridpulse_platform.service import Service
from gridpulse_platform.settings import PlatformSettings
from gridpulse_platform.stack import cassandra_values

__all__ = ["WAREHOUSE_DATASET", "Jobs"]

WAREHOUSE_DATASET: Final = "power"
_SUBTABLE_DAYS: Final = 31
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Jobs:
    """Makes the jobs; none is started. What they write is below the platform's folder of data."""

    settings: PlatformSettings
    spark_jars: Path
    java_home: str

    @property
    def results(self) -> Path:
        """Answers of the analytics."""
        return self.settings.data_directory / "analytics"

    @property
    def warehouse(self) -> Path:
        """What the stand-in for BigQuery keeps."""
        return self.settings.data_directory / "bigquery"

    def archive(self, kafka: KafkaBroker) -> Service:
        """Kafka to the lake, the hour that is not over included: a newcomer has no other."""
        return self._job("archive", "archive_to_parquet.py", ["--open-hour"], self._archive_variables(kafka))

    def analytics(self, cassandra: CassandraNode, start: date, end: date) -> Service:
        """The lake's answers for the days [start, end)."""
        days = ["--start", str(start), "--end", str(end)]
        return self._job("analytics", "analytics.py", days, self._lake_variables("ANALYTICS", cassandra))

    def load(self, cassandra: CassandraNode, bigquery: BigQueryStandIn, day: date) -> Service:
        """Cassandra to BigQuery, the days around `day`, and the subtables of the last month."""
        variables = self._warehouse_variables(cassandra, bigquery, day)
        return self._job("warehouse", "load_bigquery.py", ["--day", str(day)], variables)

    def variables(
        self, kafka: KafkaBroker, cassandra: CassandraNode, bigquery: BigQueryStandIn | None, day: date
    ) -> dict[str, str]:
        """The settings of all batch jobs and their checks; those of the warehouse only where there is one."""
        return {
            **self._archive_variables(kafka),
            **self._lake_variables("ANALYTICS", cassandra),
            **self._lake_variables("DATA_QUALITY", cassandra),
            **(self._warehouse_variables(cassandra, bigquery, day) if bigquery else {}),
        }

    def _archive_variables(self, kafka: KafkaBroker) -> dict[str, str]:
        values = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "LAKE_LOCATION": str(self.settings.lake_directory),
            "SETTLE_SECONDS": "0",  # the one broker's clock is ours
        }
        return self._prefixed("ARCHIVE", values)

    def _lake_variables(self, prefix: str, cassandra: CassandraNode) -> dict[str, str]:
        values = {
            **cassandra_values(cassandra),
            "LAKE_LOCATION": str(self.settings.lake_directory),
            "RESULTS_LOCATION": str(self.results),
        }
        return self._prefixed(prefix, values)

    def _warehouse_variables(self, cassandra: CassandraNode, bigquery: BigQueryStandIn, day: date) -> dict[str, str]:
        values = {
            **cassandra_values(cassandra),
            "STAGE_LOCATION": str(self.settings.data_directory / "warehouse-stage"),
            "PROJECT": bigquery.project,
            "DATASET": WAREHOUSE_DATASET,
            "API_ENDPOINT": bigquery.endpoint,
            "REQUIRE_PARTITION_FILTER": "false",
            "SUBTABLES_START": str(day - _SUBTABLE_DAYS * _DAY),
        }
        return self._prefixed("WAREHOUSE", values)

    def _job(self, name: str, file: str, arguments: Sequence[str], variables: Mapping[str, str]) -> Service:
        return Service(
            name,
            [str(REPOSITORY / "spark" / "jobs" / file), *arguments],
            self.settings.log_directory / f"{name}.log",
            environment={"JAVA_HOME": self.java_home, **variables},
        )

    def _prefixed(self, prefix: str, values: Mapping[str, str]) -> dict[str, str]:
        common = {"JARS_DIR": str(self.spark_jars)}
        return {f"GRIDPULSE_{prefix}_{name}": value for name, value in {**values, **common}.items()}
