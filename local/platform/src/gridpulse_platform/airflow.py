"""`airflow`: Airflow on this machine with the DAGs of the product, whose pods run as processes.

Airflow has an environment of its own, so it is only spoken to by files and variables: `cluster.json` is what its pods
would find in a cluster (see `airflow/local/local_pods.py`).
"""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from gridpulse_platform.bigquery import BigQueryStandIn, ensure_bigquery
from gridpulse_platform.class_data import quicken_java
from gridpulse_platform.errors import AlreadyRunningError, PlatformError, PreflightError
from gridpulse_platform.home import hold_home
from gridpulse_platform.jars import REPOSITORY, ensure_jars
from gridpulse_platform.jobs import Jobs
from gridpulse_platform.ports import LOOPBACK, free_port
from gridpulse_platform.preflight import java_home
from gridpulse_platform.process import Part
from gridpulse_platform.progress import Progress, StopAskedError
from gridpulse_platform.run import Runner
from gridpulse_platform.service import Service
from gridpulse_platform.settings import PlatformSettings
from gridpulse_platform.stack import build_engines, ingester_environment

__all__ = ["AirflowRunner"]

_PYTHON: Final = REPOSITORY / ".venv-airflow" / "bin" / "python"
_AIRFLOW: Final = REPOSITORY / "airflow"
_IMAGES: Final = {"INGESTER_IMAGE": "gridpulse/ingester:local", "SPARK_IMAGE": "gridpulse/spark:local"}
_READY_SECONDS: Final = 180.0  # each part of Airflow imports for 10 s on a core that is its own


class AirflowRunner:
    """Airflow beside a `run` that is there, or else with a platform of its own."""

    def __init__(self, settings: PlatformSettings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._home = settings.data_directory / "airflow"
        self._results = self._home / "once.jsonl"

    def run(self, *, once: bool) -> None:
        """Run every DAG once and show what became of it; or run Airflow until a signal asks for the end.

        Raises PlatformError or SchemaError, after all that had started has been stopped; with `once` also when a DAG
        has failed.
        """
        if not _PYTHON.is_file():
            raise PlatformError("Airflow's environment is not there yet: `make airflow` makes it.")

        def work(parts: Sequence[Part]) -> None:
            self._work(parts, once=once)

        try:
            Runner(self._settings, self._progress).run(once=once, then=work)
        except AlreadyRunningError as error:
            if error.serves != self._settings.data_directory:
                raise
            self._progress.say("using the platform that runs")
            try:
                work(())
            except StopAskedError:
                self._progress.say("stopping as asked")

    def _work(self, platform: Sequence[Part], *, once: bool) -> None:
        kafka, cassandra = build_engines(self._settings)
        jobs = Jobs(self._settings, ensure_jars("spark", home=self._settings.home), java_home())
        with hold_home(self._home), ExitStack() as stack, self._progress.status:
            quicken_java(jobs.spark_jars, home=self._settings.home, tell=self._progress.status.update)
            # An archive of whole hours alone would have nothing for a newcomer, nor would what follows it.
            self._progress.finish(jobs.archive(kafka), "archiving what Kafka has so far", platform)
            bigquery = self._bigquery(jobs, platform, stack)
            today = datetime.now(UTC).date()
            config_maps = {
                "gridpulse-ingester": ingester_environment(self._settings, kafka),
                "gridpulse-spark": jobs.variables(kafka, cassandra, bigquery, today),
            }
            (self._home / "cluster.json").write_text(json.dumps(_cluster(jobs, config_maps), indent=1), "utf-8")
            parts = (*platform, bigquery) if bigquery else platform
            port = free_port()
            environment = self._environment(port)
            if once:
                self._run_once(environment, parts, has_warehouse=bigquery is not None)
            else:
                self._serve(environment, port, parts, stack)

    def _bigquery(self, jobs: Jobs, parts: Sequence[Part], stack: ExitStack) -> BigQueryStandIn | None:
        try:
            ensure_bigquery(home=self._settings.home)
        except PreflightError as error:
            self._progress.say(f"load_bigquery can't run: {error}")
            return None
        log_path = self._settings.log_directory / "bigquery.log"
        bigquery = BigQueryStandIn(jobs.warehouse, platform_home=self._settings.home, log_path=log_path)
        stack.callback(bigquery.stop)
        bigquery.spawn()
        self._progress.wait_until_ready(bigquery, (*parts, bigquery))
        return bigquery

    def _run_once(self, environment: Mapping[str, str], parts: Sequence[Part], *, has_warehouse: bool) -> None:
        self._results.unlink(missing_ok=True)
        zones, skipped = ",".join(self._settings.zones), () if has_warehouse else ("--skip", "load_bigquery")
        program = str(_AIRFLOW / "local" / "run_once.py")
        arguments = [program, "--zones", zones, "--results", str(self._results), *skipped]
        job = self._part("airflow", arguments, environment)
        try:
            self._progress.finish(job, "running every DAG once", parts)
        finally:
            if self._results.is_file():
                self._progress.console.print(_table(self._results))

    def _serve(self, environment: Mapping[str, str], port: int, parts: Sequence[Part], stack: ExitStack) -> None:
        migrate = self._part("airflow-db", ["-m", "airflow", "db", "migrate"], environment)
        self._progress.finish(migrate, "making Airflow's database", parts)
        address = f"http://{LOOPBACK}:{port}"
        health = f"{address}/api/v2/monitor/health"
        commands = {
            "airflow-api-server": (["api-server"], health),
            "airflow-dag-processor": (["dag-processor"], None),
            "airflow-triggerer": (["triggerer", "--skip-serve-logs"], None),
            "airflow-scheduler": (["scheduler", "--skip-serve-logs"], None),
        }
        own = [self._part(name, ["-m", "airflow", *words], environment, url) for name, (words, url) in commands.items()]
        every = (*parts, *own)
        for part in own:  # one after the other: tasks start once there is a scheduler, and need an API that answers
            stack.callback(part.stop)
            part.spawn()
            self._progress.wait_until_ready(part, every)
        self._progress.console.print(
            f"Airflow is at {address}, without a login. electricity_ingest is paused, since the ingester runs. "
            f"Logs are in {self._settings.log_directory}. Ctrl-C stops everything and keeps the data.",
            highlight=False,
            soft_wrap=True,
        )
        self._progress.wait(lambda: False, None, "the end", every)

    def _part(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], url: str | None = None
    ) -> Part:
        return Service(
            name,
            arguments,
            self._settings.log_directory / f"{name}.log",
            python=_PYTHON,
            environment=environment,
            health_url=url,
            ready_deadline_seconds=_READY_SECONDS,
            clean_exit_codes=(0, -15, 143),  # its children end by the signal, and some of its parts too
        )

    def _environment(self, port: int) -> dict[str, str]:
        """Airflow's settings and the DAGs'."""
        airflow = {
            "CORE__DAGS_FOLDER": str(_AIRFLOW / "dags"),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": "2",  # Spark jobs of 1.5 GB each
            "CORE__EXECUTION_API_SERVER_URL": f"http://{LOOPBACK}:{port}/execution/",
            "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "WORKERS__EXECUTION_API_TIMEOUT": "60",  # two cores have more to do, and SQLite takes one writer at a time
            "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self._home / 'airflow.db'}",
            "API__HOST": LOOPBACK,
            "API__PORT": str(port),
            "API__BASE_URL": f"http://{LOOPBACK}:{port}",
            "API__WORKERS": "1",
            "API__SECRET_KEY": secrets.token_hex(32),
            "API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "USAGE_DATA_COLLECTION__ENABLED": "False",
        }
        dags = {
            **_IMAGES,
            "START_DATE": self._start_date(),
            "QUERY_API_URL": f"http://{LOOPBACK}:{self._settings.query_api_port}",
        }
        return {
            "AIRFLOW_HOME": str(self._home),
            **{f"AIRFLOW__{name}": value for name, value in airflow.items()},
            **{f"GRIDPULSE_AIRFLOW_{name}": value for name, value in dags.items()},
            "GRIDPULSE_LOCAL_CLUSTER": str(self._home / "cluster.json"),
            "PYTHONPATH": f"{_AIRFLOW / 'local'}:{_AIRFLOW / 'local' / 'settings'}",
        }

    def _start_date(self) -> str:
        """The hour before the first run's, and the same ever after."""
        path = self._home / "start-date"
        if not path.is_file():
            hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
            path.write_text(hour.isoformat(), encoding="utf-8")
        return path.read_text(encoding="utf-8")


def _cluster(jobs: Jobs, config_maps: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """What a cluster and its images have, with its place here."""
    # How Java shall run on this machine holds for the pods' too.
    ours = {name: os.environ[name] for name in ("PATH", "JDK_JAVA_OPTIONS") if name in os.environ}
    return {
        "python": str(REPOSITORY / ".venv" / "bin" / "python"),
        "host": {"PATH": os.defpath, "JAVA_HOME": jobs.java_home, **ours},
        "paths": {"/opt/gridpulse/spark": str(REPOSITORY / "spark"), "/opt/gridpulse/jars": str(jobs.spark_jars)},
        "config_maps": config_maps,
        "secrets": {},
    }


def _table(results: Path) -> Table:
    table = Table(title="Every DAG once")
    for heading in ("DAG", "state", "task", "state"):
        table.add_column(heading)
    table.add_column("seconds", justify="right")
    for line in results.read_text(encoding="utf-8").splitlines():
        ran: dict[str, Any] = json.loads(line)
        head = (ran["dag"], ran["state"])
        for number, (task, state) in enumerate(ran["tasks"].items()):
            first = number == 0
            table.add_row(*(head if first else ("", "")), task, state, str(ran["seconds"]) if first else "")
        table.add_section()
    return table
