"""`archive`, `analytics`, `warehouse`: batch jobs on the data that `run` kept, and a first look at their results."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

from rich.console import RenderableType

from gridpulse_platform.bigquery import BigQueryStandIn, ensure_bigquery
from gridpulse_platform.class_data import quicken_java
from gridpulse_platform.errors import AlreadyRunningError, PlatformError
from gridpulse_platform.home import hold_home
from gridpulse_platform.jars import ensure_jars
from gridpulse_platform.jobs import WAREHOUSE_DATASET, Jobs
from gridpulse_platform.looks import daily_energy, lake_hours, require_lake, warehouse_tables
from gridpulse_platform.preflight import check_java, java_home
from gridpulse_platform.process import Part
from gridpulse_platform.progress import Progress, StopAskedError
from gridpulse_platform.schema import apply_schema
from gridpulse_platform.settings import PlatformSettings
from gridpulse_platform.stack import KEYSPACE, build_engines
from gridpulse_schema import open_session

__all__ = ["BatchRunner"]

_DAY: Final = timedelta(days=1)


class BatchRunner:
    """Runs one job on the kept data, on the engines of a `run` that is there, or else on engines of its own.

    Each verb raises PlatformError or SchemaError, after all that it had started has been stopped.
    """

    def __init__(self, settings: PlatformSettings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._kafka, self._cassandra = build_engines(settings)

    def archive(self) -> None:
        """Kafka to the lake."""
        self._require_data()
        with self._told(), self._running(self._kafka) as parts:
            self._progress.finish(self._jobs.archive(self._kafka), "archiving Kafka to Parquet", parts)
            self._show(f"The lake is {self._settings.lake_directory}", lake_hours(self._settings.lake_directory))

    def analytics(self) -> None:
        """The lake to answers."""
        self._require_data()
        last_day = require_lake(self._settings.lake_directory)
        start, end = last_day - self._settings.history_days * _DAY, last_day + _DAY
        with self._told(), self._running(self._cassandra) as parts:
            apply_schema(self._cassandra)
            self._progress.finish(
                self._jobs.analytics(self._cassandra, start, end), f"answering the questions of {start} on", parts
            )
            with open_session([self._cassandra.contact_points], port=self._cassandra.port) as session:
                look = daily_energy(session, KEYSPACE, self._settings.zones, last_day - _DAY)
            self._show(f"The answers are in {self._jobs.results}, and daily energy is in {KEYSPACE}.power_daily", look)

    def warehouse(self, *, serve: bool) -> None:
        """Cassandra to the stand-in for BigQuery, which goes on answering until it is stopped if `serve`."""
        self._require_data()
        home = self._settings.home
        ensure_bigquery(home=home)  # says what is missing before anything starts
        bigquery = BigQueryStandIn(
            self._jobs.warehouse, platform_home=home, log_path=self._settings.log_directory / "bigquery.log"
        )
        today = datetime.now(UTC).date()
        with self._told(), ExitStack() as stack:
            self._start(bigquery, (), stack)
            with self._running(self._cassandra) as parts:
                job = self._jobs.load(self._cassandra, bigquery, today)
                self._progress.finish(job, "loading into the stand-in for BigQuery", (*parts, bigquery))
            self._show(
                f"The tables are in {bigquery.home}, with {WAREHOUSE_DATASET} as their dataset",
                warehouse_tables(bigquery, WAREHOUSE_DATASET),
            )
            if serve:
                self._serve(bigquery)

    def _serve(self, bigquery: BigQueryStandIn) -> None:
        question = f'{{"query": "SELECT * FROM {WAREHOUSE_DATASET}.energy_daily LIMIT 3", "useLegacySql": false}}'  # noqa: S608
        self._show(
            f"BigQuery's API is at {bigquery.endpoint}, without credentials, project {bigquery.project}. Try:",
            f"  curl -H 'content-type: application/json' -d '{question}' {bigquery.queries_url}",
        )
        self._progress.say("Ctrl-C stops it and keeps the tables")
        self._progress.wait(lambda: False, None, "the end", (bigquery,))

    @cached_property
    def _jobs(self) -> Jobs:
        home = self._settings.home
        return Jobs(self._settings, ensure_jars("spark", home=home), java_home())

    def _require_data(self) -> None:
        check_java()
        folder = self._settings.data_directory
        if not (folder / "kafka" / "data").is_dir() or not (folder / "cassandra").is_dir():
            raise PlatformError(f"There are no data in {folder} yet: run `make run ONCE=1` first.")

    @contextmanager
    def _told(self) -> Generator[None]:
        """Shows what goes on; that the end was asked for is no failure."""
        try:
            with self._progress.status:
                quicken_java(self._jobs.spark_jars, home=self._settings.home, tell=self._progress.status.update)
                yield
        except StopAskedError:
            self._progress.say("stopped as asked")

    @contextmanager
    def _running(self, *engines: Part) -> Generator[Sequence[Part]]:
        """With these engines; gives those of them that are ours."""
        with ExitStack() as stack:
            if self._is_lent(stack):
                for engine in engines:
                    self._check_lent(engine)
                yield ()
                return
            for engine in engines:
                self._start(engine, engines, stack)
            yield engines

    def _is_lent(self, stack: ExitStack) -> bool:
        try:
            stack.enter_context(hold_home(self._settings.home.absolute()))
        except AlreadyRunningError as error:
            if error.serves != self._settings.data_directory:
                raise
            return True
        return False

    def _check_lent(self, engine: Part) -> None:
        if not engine.is_ready():
            raise PlatformError(
                f"The platform runs, but its {engine.name} does not answer. It may be starting yet; or it has other "
                "ports: give this command the same GRIDPULSE_PLATFORM_* variables."
            )
        self._progress.say(f"using the {engine.name} that runs")

    def _start(self, part: Part, parts: Sequence[Part], stack: ExitStack) -> None:
        stack.callback(part.stop)
        part.spawn()
        self._progress.wait_until_ready(part, (*parts, part))

    def _show(self, text: str, look: RenderableType) -> None:
        console = self._progress.console
        console.print(text, highlight=False, soft_wrap=True)
        console.print(look, highlight=False, soft_wrap=True)
