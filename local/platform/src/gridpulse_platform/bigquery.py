"""A stand-in for BigQuery (local-bigquery, on DuckDB) with its data in a folder, on loopback.

It needs Python 3.13, so it has an environment of its own. What it can't show, and what is therefore tested by the
requests that we send: costs, that a REQUIRED column refuses null, that `table$20261125` is a partition, and a MERGE
into a table that requires a partition filter, which it refuses whatever the filter.
"""

import hashlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from gridpulse_platform import loopback
from gridpulse_platform.errors import ProvisionError
from gridpulse_platform.jars import DEFAULT_HOME, locked
from gridpulse_platform.ports import LOOPBACK, free_port
from gridpulse_platform.process import Part
from gridpulse_platform.pythons import find_python

__all__ = ["BIGQUERY_PYTHON", "BigQueryStandIn", "ensure_bigquery"]

BIGQUERY_PYTHON: Final = "3.13"
_REQUIREMENTS: Final = Path(__file__).with_name("bigquery.requirements.txt")
_EXTENSIONS: Final = ("ducklake", "httpfs", "icu", "spatial")
_STEP_TIMEOUT_SECONDS: Final = 900
_QUERY_TIMEOUT_SECONDS: Final = 60.0


def ensure_bigquery(*, home: Path = DEFAULT_HOME, python: Path | None = None) -> Path:
    """The environment's folder, made if this version of it is not there yet: `bin/python`, and DuckDB's extensions.

    `python` is the interpreter to use in place of one that is searched for. Raises PreflightError where there is no
    Python 3.13, and ProvisionError.
    """
    digest = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = home.absolute() / "environments" / f"bigquery-{digest}"
    if folder.is_dir():
        return folder
    found = find_python(
        BIGQUERY_PYTHON,
        named=python,
        variable="GRIDPULSE_PLATFORM_PYTHON_3_13",
        purpose="the stand-in for BigQuery",
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_suffix(".lock")):
        if not folder.is_dir():
            _make(folder, found)
    return folder


def _make(folder: Path, python: Path) -> None:
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    uv, inside = str(Path(sys.executable).with_name("uv")), str(partial / "bin" / "python")
    import_all = "".join(f"import_extension('{name}');" for name in _EXTENSIONS)
    _run([uv, "venv", "--quiet", "--python", str(python), str(partial)], {})
    _run([uv, "pip", "sync", "--quiet", "--python", inside, "--require-hashes", str(_REQUIREMENTS)], {})
    # DuckDB looks for its extensions in the home of whoever runs it.
    _run([inside, "-c", f"from duckdb_extensions import import_extension;{import_all}"], {"HOME": str(partial)})
    partial.rename(folder)


def _run(command: Sequence[str], variables: Mapping[str, str]) -> None:
    set_variables = [f"{name}={value}" for name, value in variables.items()]
    try:
        subprocess.run(  # noqa: S603 - fixed commands
            ["/usr/bin/env", *set_variables, *command],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_STEP_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise ProvisionError(f"{' '.join(command)} was not done within {_STEP_TIMEOUT_SECONDS} s.") from None
    except subprocess.CalledProcessError as error:
        raise ProvisionError(f"The environment of BigQuery's stand-in could not be made: {error.stderr}") from None


class BigQueryStandIn(Part):
    """The stand-in, for one project. Port 0 means: choose a free one, and keep it.

    `storage_endpoint` is where it looks for the objects of `gs://` addresses.
    """

    def __init__(
        self,
        home: Path,
        *,
        project: str = "gridpulse-local",
        port: int = 0,
        platform_home: Path = DEFAULT_HOME,
        python: Path | None = None,
        storage_endpoint: str = "",
        log_path: Path | None = None,
    ) -> None:
        super().__init__(
            "bigquery",
            log_path or home / "bigquery.log",
            ready_deadline_seconds=60.0,
            clean_exit_codes=(0, -signal.SIGTERM),  # it shuts down, and then ends as the signal would have ended it
        )
        self.home = home.absolute()
        self.project = project
        self.port = port or free_port()
        self._grpc_port = free_port()
        self._platform_home = platform_home
        self._python = python
        self._storage_endpoint = storage_endpoint
        self._environment_folder = Path()

    @property
    def endpoint(self) -> str:
        """Address for clients, which need no credentials."""
        return f"http://{LOOPBACK}:{self.port}"

    def ask(self, question: str) -> list[tuple[str, ...]]:
        """The rows of a SELECT, each value as the API's text. Raises httpx.HTTPError."""
        query = {"query": question, "useLegacySql": False}
        answer = loopback.post(self.queries_url, json=query, timeout=_QUERY_TIMEOUT_SECONDS)
        rows: list[dict[str, Any]] = answer.raise_for_status().json().get("rows", [])
        return [tuple(cell["v"] for cell in row["f"]) for row in rows]

    def drop_dataset(self, name: str) -> None:
        """Drop a dataset with its tables: to find one, the stand-in looks through all it has. Raises HTTPError."""
        loopback.delete(f"{self._project_url}/datasets/{name}?deleteContents=true").raise_for_status()

    @property
    def queries_url(self) -> str:
        """Where the API takes queries."""
        return f"{self._project_url}/queries"

    @property
    def _project_url(self) -> str:
        return f"{self.endpoint}/bigquery/v2/projects/{self.project}"

    def _prepare(self) -> None:
        self._environment_folder = ensure_bigquery(home=self._platform_home, python=self._python)
        self.home.mkdir(parents=True, exist_ok=True)

    def _ports(self) -> Sequence[int]:
        return (self.port, self._grpc_port)

    def _command(self) -> Sequence[str]:
        return [
            str(self._environment_folder / "bin" / "python"), "-c", "from local_bigquery.cli import main; main()",
            "--host", LOOPBACK, "--port", str(self.port), "--grpc-port", str(self._grpc_port),
            "--project", self.project, "--data-dir", str(self.home / "data"),
        ]  # fmt: skip

    def _environment(self) -> Mapping[str, str]:
        storage = {"STORAGE_EMULATOR_HOST": self._storage_endpoint} if self._storage_endpoint else {}
        return {"HOME": str(self._environment_folder), "PYTHONUNBUFFERED": "1", **storage}

    def is_ready(self) -> bool:
        """Whether it answers."""
        return loopback.answers(f"{self._project_url}/datasets")
