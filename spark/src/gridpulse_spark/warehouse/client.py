"""BigQuery's API as the load needs it: tables that are as their schema files say, and jobs that run exactly once."""

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import requests
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import Conflict, Forbidden, GoogleAPICallError, NotFound, RetryError
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from gridpulse_spark.warehouse.errors import (
    JobFailedError,
    SchemaMismatchError,
    WarehouseError,
    WarehouseUnavailableError,
)
from gridpulse_spark.warehouse.settings import WarehouseSettings
from gridpulse_spark.warehouse.tables import Field, Table

__all__ = ["BigQuery"]

_log = logging.getLogger(__name__)
_ATTEMPTS: Final = 3
_PASSING_REASONS: Final = frozenset(
    f"{prefix}{reason}"
    for prefix, reasons in {
        "": ("backendError", "internalError", "rateLimitExceeded"),
        "job": ("BackendError", "InternalError", "RateLimitExceeded"),
    }.items()
    for reason in reasons
)
_CONCURRENT_CHANGE: Final = "Could not serialize access"
_SAME_TYPES: Final = {"FLOAT64": "FLOAT", "INT64": "INTEGER", "STRUCT": "RECORD"}


class BigQuery:
    """A client of one project.

    Raises WarehouseUnavailableError where BigQuery does not answer or refuses us, WarehouseError for what else it
    answers, each with what was being done.
    """

    def __init__(self, settings: WarehouseSettings) -> None:
        self._settings = settings
        self._where = settings.api_endpoint or f"project {settings.project}"
        options: dict[str, Any] = {}
        if settings.api_endpoint:
            options = {
                "credentials": AnonymousCredentials(),
                "client_options": ClientOptions(api_endpoint=settings.api_endpoint),
            }
        with self._errors("opening a client"):
            self._client: Any = bigquery.Client(settings.project, location=settings.location, **options)
        self._call: Final[dict[str, Any]] = {
            "retry": DEFAULT_RETRY.with_timeout(settings.retry_seconds),
            "timeout": settings.request_timeout_seconds,
        }

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # Tables

    def make_dataset(self, name: str) -> None:
        """Make the dataset unless it is there."""
        with self._errors(f"looking for the dataset {name}"):
            try:
                self._client.get_dataset(name, **self._call)
            except NotFound:
                dataset = bigquery.Dataset(f"{self._settings.project}.{name}")
                dataset.location = self._settings.location
                self._client.create_dataset(dataset, exists_ok=True, **self._call)

    def make_table(self, table: Table) -> str:
        """Make the table unless it is there, and return its whole name.

        Raises SchemaMismatchError naming every difference to its schema file when it is there and is not so.
        """
        name = self.name_of(table)
        with self._errors(f"looking for the table {name}"):
            try:
                found: Any = self._client.get_table(name, **self._call)
            except NotFound:
                found = self._client.create_table(self._resource(table, name), exists_ok=True, **self._call)
        differences = [*_differences(table.fields, found.schema), *self._other_differences(table, found)]
        if differences:
            raise SchemaMismatchError(f"{name} is not as bigquery/tables.json says: {'; '.join(differences)}.")
        return name

    def make_staging_table(self, table: Table, suffix: str) -> str:
        """An empty table for the columns of `table`, all of them optional, that ends by itself; its whole name."""
        name = f"{self._settings.project}.{self._settings.staging_dataset}.{table.name}_{suffix}"
        staging = bigquery.Table(name, schema=[field.optional().resource() for field in table.fields])
        staging.expires = datetime.now(UTC) + timedelta(hours=self._settings.staging_hours)
        with self._errors(f"making the staging table {name}"):
            self._client.create_table(staging, exists_ok=True, **self._call)
        return name

    def drop_table(self, name: str) -> None:
        """Drop a table; one that is not there is fine."""
        with self._errors(f"dropping {name}"):
            self._client.delete_table(name, not_found_ok=True, **self._call)

    def name_of(self, table: Table) -> str:
        """The whole name of a table."""
        return f"{self._settings.project}.{self._settings.dataset}.{table.name}"

    # Jobs. `name` names what the job does and to what: running it again is finding that it has run.

    def load_objects(self, name: str, uris: Sequence[str], table: Table, target: str) -> None:
        """Replace what is in `target` by the Parquet files of the object store."""

        def submit(job_id: str) -> Any:
            config = self._load_config(table)
            return self._client.load_table_from_uri(list(uris), target, job_id=job_id, job_config=config, **self._call)

        self._run(name, submit)

    def load_file(self, name: str, path: Path, table: Table, target: str, *, is_first: bool) -> None:
        """Add a local Parquet file to `target`; the first one replaces what is there."""

        def submit(job_id: str) -> Any:
            config = self._load_config(table)
            if not is_first:
                config.write_disposition = "WRITE_APPEND"
            with path.open("rb") as file:
                return self._client.load_table_from_file(
                    file,
                    target,
                    size=path.stat().st_size,
                    job_id=job_id,
                    job_config=config,
                    timeout=self._settings.request_timeout_seconds,
                )

        self._run(name, submit)

    def load_rows(self, name: str, rows: Sequence[Mapping[str, Any]], table: Table, target: str) -> None:
        """Replace what is in a small table."""

        def submit(job_id: str) -> Any:
            config = bigquery.LoadJobConfig(
                schema=[field.optional().resource() for field in table.fields], write_disposition="WRITE_TRUNCATE"
            )
            timeout = self._settings.request_timeout_seconds
            return self._client.load_table_from_json(rows, target, job_id=job_id, job_config=config, timeout=timeout)

        self._run(name, submit)

    def execute(self, name: str, statement: str) -> None:
        """Run a statement that changes tables; tables without a dataset are those of the dataset."""

        def submit(job_id: str) -> Any:
            return self._client.query(statement, self._query_config(), job_id, job_retry=None, **self._call)

        self._run(name, submit)

    def ask(self, question: str) -> list[dict[str, Any]]:
        """The rows of a SELECT."""
        with self._errors("asking BigQuery"):
            job = self._client.query(question, self._query_config(), job_retry=None, **self._call)
            rows: Any = job.result(
                job_retry=None, retry=self._call["retry"], timeout=self._settings.job_timeout_seconds
            )
            return [dict(row.items()) for row in rows]

    def _run(self, name: str, submit: Callable[[str], Any]) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            job_id = f"{name}-{attempt}"
            with self._errors(f"running the job {job_id}"):
                try:
                    job = submit(job_id)
                except Conflict:
                    # The request was repeated, and had reached BigQuery before. What matters is how the job is.
                    job = self._client.get_job(job_id, **self._call)
                    _log.info("the job %s is there already: %s", job_id, job.state)
                self._wait(job)
            error: Mapping[str, Any] | None = job.error_result
            if error is None:
                _log.info("the job %s is done", job_id)
                return
            message = str(error.get("message", "without a message"))
            is_passing = error.get("reason") in _PASSING_REASONS or _CONCURRENT_CHANGE in message
            if not is_passing or attempt == _ATTEMPTS:
                raise JobFailedError(f"BigQuery's job {job_id} failed ({error.get('reason')}): {message}")
            _log.warning("the job %s failed (%s), and is tried again: %s", job_id, error.get("reason"), message)

    def _wait(self, job: Any) -> None:
        try:
            job.exception(timeout=self._settings.job_timeout_seconds)
        except FutureTimeoutError:
            raise JobFailedError(
                f"BigQuery's job {job.job_id} was not done within {self._settings.job_timeout_seconds:g} s."
            ) from None

    def _load_config(self, table: Table) -> bigquery.LoadJobConfig:
        options = bigquery.ParquetOptions()
        options.enable_list_inference = True  # a list is a REPEATED column, not a RECORD with a list in it
        config = bigquery.LoadJobConfig(
            source_format="PARQUET",
            schema=[field.optional().resource() for field in table.fields],
            write_disposition="WRITE_TRUNCATE",
            create_disposition="CREATE_NEVER",
        )
        config.parquet_options = options
        return config

    def _query_config(self) -> bigquery.QueryJobConfig:
        return bigquery.QueryJobConfig(default_dataset=f"{self._settings.project}.{self._settings.dataset}")

    def _resource(self, table: Table, name: str) -> bigquery.Table:
        made = bigquery.Table(name, schema=[field.resource() for field in table.fields])
        made.description = table.description
        if table.partition_by_day:
            made.time_partitioning = bigquery.TimePartitioning(field=table.partition_by_day)
            made.require_partition_filter = self._requires_filter(table)
        if table.cluster_by:
            made.clustering_fields = list(table.cluster_by)
        return made

    def _requires_filter(self, table: Table) -> bool:
        return table.require_partition_filter and self._settings.require_partition_filter

    def _other_differences(self, table: Table, found: Any) -> list[str]:
        partitioning = found.time_partitioning
        by_day = partitioning.field if partitioning and partitioning.type_ == "DAY" else None
        wanted: dict[str, tuple[object, object]] = {
            "partitioned by day of": (table.partition_by_day, by_day),
            "clustered by": (list(table.cluster_by), list(found.clustering_fields or ())),
            "requires a partition filter": (self._requires_filter(table), bool(found.require_partition_filter)),
        }
        return [f"{what}: {there}, not {should}" for what, (should, there) in wanted.items() if should != there]

    @contextmanager
    def _errors(self, what: str) -> Generator[None]:
        try:
            yield
        except (requests.RequestException, GoogleAuthError, RetryError, Forbidden) as error:
            raise WarehouseUnavailableError(f"BigQuery ({self._where}) can't be used, {what}: {error}") from None
        except GoogleAPICallError as error:
            raise WarehouseError(f"BigQuery ({self._where}) refused, {what}: {error.message}") from None


def _differences(wanted: Sequence[Field], found: Sequence[Any], path: str = "") -> list[str]:
    there = {field.name: field for field in found}
    problems = [f"column {path}{name} is not in its schema" for name in there if name not in {f.name for f in wanted}]
    for field in wanted:
        name, column = f"{path}{field.name}", there.get(field.name)
        if column is None:
            problems.append(f"column {name} is missing")
            continue
        shape = f"{_SAME_TYPES.get(column.field_type, column.field_type)} {column.mode}"
        if shape != f"{field.type} {field.mode}":
            problems.append(f"column {name} is {shape}, not {field.type} {field.mode}")
        problems += _differences(field.fields, column.fields, f"{name}.")
    return problems
