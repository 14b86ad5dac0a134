"""What is sent to BigQuery, and what becomes of its answers: for all that the stand-in does not show."""

import json
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from gridpulse_platform import free_port
from gridpulse_spark.warehouse.client import BigQuery
from gridpulse_spark.warehouse.errors import (
    JobFailedError,
    SchemaMismatchError,
    WarehouseError,
    WarehouseUnavailableError,
)
from gridpulse_spark.warehouse.settings import WarehouseSettings

from .conftest import TABLES

TABLE: Final = TABLES["carbon_intensity"]
DONE: Final = {"state": "DONE"}


@dataclass(frozen=True)
class Request:
    """One request: path without its prefix, and its JSON body (of an upload: its metadata)."""

    method: str
    path: str
    body: dict[str, Any]


@dataclass
class Recorder:
    """Answers as BigQuery does: a table that is not there, jobs that are done at once, unless a test says otherwise.

    `on_insert` is given each new job's id, and gives status and `status` object of the answer; `jobs` are what a
    GET of a job gives.
    """

    url: str
    requests: list[Request] = field(default_factory=list[Request])
    on_insert: Callable[[str], tuple[int, dict[str, Any]]] = lambda _job_id: (200, DONE)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    table: dict[str, Any] | None = None

    def answer(self, request: Request) -> tuple[int, dict[str, Any]]:
        self.requests.append(request)
        if request.path.endswith("/jobs"):
            job_id: str = request.body["jobReference"]["jobId"]
            status, state = self.on_insert(job_id)
            return (
                (status, self._job(job_id, state)) if status == 200 else (status, _error(status, "duplicate", job_id))
            )
        if "/jobs/" in request.path:
            job_id = request.path.rpartition("/")[2]
            return 200, self._job(job_id, self.jobs[job_id])
        if request.method == "GET" and "/tables/" in request.path:
            return (200, self.table) if self.table else (404, _error(404, "notFound", "no such table"))
        return 200, request.body

    def inserted(self) -> list[dict[str, Any]]:
        """Configurations of the jobs that were asked for."""
        return [request.body["configuration"] for request in self.requests if request.path.endswith("/jobs")]

    def job_ids(self) -> list[str]:
        """Of every request for a job, new or not."""
        return [
            request.body["jobReference"]["jobId"] if request.method == "POST" else request.path.rpartition("/")[2]
            for request in self.requests
            if "/jobs" in request.path
        ]

    @staticmethod
    def _job(job_id: str, state: dict[str, Any]) -> dict[str, Any]:
        reference = {"projectId": "p", "jobId": job_id, "location": "EU"}
        configuration = {"jobType": "QUERY", "query": {"query": "SELECT 1"}}
        return {"kind": "bigquery#job", "jobReference": reference, "configuration": configuration, "status": state}


def _error(code: int, reason: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "errors": [{"reason": reason, "message": message}]}}


def failed(reason: str, message: str = "what BigQuery says") -> dict[str, Any]:
    return {"state": "DONE", "errorResult": {"reason": reason, "message": message}}


@pytest.fixture
def recorder() -> Generator[Recorder]:
    """A server on loopback that records what it is asked."""
    recording = Recorder("")

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = urlsplit(self.path).path
            if "/upload/" in path:  # the metadata are the first part of several
                content = content.split(b"\r\n\r\n")[1].split(b"\r\n--")[0]
            status, body = recording.answer(Request(self.command, path, json.loads(content) if content else {}))
            payload = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - names of the base class

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recording.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield recording
    server.shutdown()
    thread.join()
    server.server_close()


def settings_for(url: str, **changes: Any) -> WarehouseSettings:
    return WarehouseSettings(
        stage_location="/nowhere", project="p", api_endpoint=url, retry_seconds=1, request_timeout_seconds=2, **changes
    )


@pytest.fixture
def client(recorder: Recorder) -> Generator[BigQuery]:
    """A client that asks the recorder."""
    bigquery = BigQuery(settings_for(recorder.url))
    yield bigquery
    bigquery.close()


def test_a_table_is_made_as_its_files_say(recorder: Recorder, client: BigQuery) -> None:
    client.make_table(TABLE)
    (made,) = (request.body for request in recorder.requests if request.method == "POST")
    assert made["tableReference"] == {"projectId": "p", "datasetId": "power", "tableId": "carbon_intensity"}
    assert made["timePartitioning"] == {"type": "DAY", "field": "at"}
    assert made["clustering"] == {"fields": ["zone", "variant", "granularity"]}
    assert made["requirePartitionFilter"] is True
    assert made["schema"]["fields"] == [one.resource() for one in TABLE.fields]


def test_a_staging_table_ends_by_itself_and_requires_nothing(recorder: Recorder, client: BigQuery) -> None:
    name = client.make_staging_table(TABLE, "20260331_abc")
    assert name == "p.power_staging.carbon_intensity_20260331_abc"
    made = recorder.requests[-1].body
    assert int(made["expirationTime"]) > 0
    assert "timePartitioning" not in made
    assert {column["mode"] for column in made["schema"]["fields"]} == {"NULLABLE", "REPEATED"}


def test_a_load_job_has_its_schema_and_replaces_the_staging_table_only(
    recorder: Recorder, client: BigQuery, tmp_path: Path
) -> None:
    client.load_objects("load", ["gs://bucket/a.parquet", "gs://bucket/b.parquet"], TABLE, "p.s.t")
    for number in range(2):
        path = tmp_path / f"{number}.parquet"
        path.write_bytes(b"PAR1")
        client.load_file(f"load-{number}", path, TABLE, "p.s.t", is_first=number == 0)
    loads = [configuration["load"] for configuration in recorder.inserted()]
    assert loads[0]["sourceUris"] == ["gs://bucket/a.parquet", "gs://bucket/b.parquet"]
    assert [load["writeDisposition"] for load in loads] == ["WRITE_TRUNCATE", "WRITE_TRUNCATE", "WRITE_APPEND"]
    for load in loads:
        assert load["destinationTable"] == {"projectId": "p", "datasetId": "s", "tableId": "t"}
        assert (load["sourceFormat"], load["createDisposition"]) == ("PARQUET", "CREATE_NEVER")
        assert load["parquetOptions"]["enableListInference"] in (True, "true")
        assert [column["name"] for column in load["schema"]["fields"]] == list(TABLE.column_names)


def test_a_job_that_was_sent_twice_is_judged_by_its_state(recorder: Recorder, client: BigQuery) -> None:
    recorder.on_insert = lambda _job_id: (409, {})
    recorder.jobs = {"merge-1": DONE}
    client.execute("merge", "MERGE ...")
    assert recorder.job_ids() == ["merge-1", "merge-1"]  # asked for, and then looked at

    recorder.jobs = {"merge-1": failed("invalidQuery")}
    with pytest.raises(JobFailedError, match=r"merge-1 failed \(invalidQuery\): what BigQuery says"):
        client.execute("merge", "MERGE ...")


def test_a_job_that_is_still_running_is_waited_for(recorder: Recorder, client: BigQuery) -> None:
    states = iter([{"state": "RUNNING"}, DONE])

    class Changing(dict[str, dict[str, Any]]):
        def __getitem__(self, _job_id: str) -> dict[str, Any]:
            return next(states)

    recorder.on_insert = lambda _job_id: (409, {})
    recorder.jobs = Changing()
    client.execute("merge", "MERGE ...")
    assert recorder.job_ids() == ["merge-1"] * 3


@pytest.mark.parametrize(
    "failure", [failed("backendError"), failed("invalidQuery", "Could not serialize access to table p.d.t")]
)
def test_a_job_that_failed_in_passing_is_tried_under_a_new_id(
    recorder: Recorder, client: BigQuery, failure: dict[str, Any]
) -> None:
    recorder.on_insert = lambda job_id: (200, failure if job_id == "merge-1" else DONE)
    client.execute("merge", "MERGE ...")
    assert recorder.job_ids() == ["merge-1", "merge-2"]


def test_a_job_is_tried_three_times_and_a_wrong_one_once(recorder: Recorder, client: BigQuery) -> None:
    recorder.on_insert = lambda _job_id: (200, failed("backendError"))
    with pytest.raises(JobFailedError, match="merge-3 failed"):
        client.execute("merge", "MERGE ...")
    recorder.requests.clear()
    recorder.on_insert = lambda _job_id: (200, failed("invalidQuery"))
    with pytest.raises(JobFailedError, match="merge-1 failed"):
        client.execute("merge", "MERGE ...")
    assert recorder.job_ids() == ["merge-1"]


def test_a_job_that_does_not_end_is_named(recorder: Recorder) -> None:
    recorder.on_insert = lambda _job_id: (200, {"state": "RUNNING"})
    recorder.jobs = {"merge-1": {"state": "RUNNING"}}
    bigquery = BigQuery(settings_for(recorder.url, job_timeout_seconds=1))
    with pytest.raises(JobFailedError, match=r"merge-1 was not done within 1 s\."):
        bigquery.execute("merge", "MERGE ...")
    bigquery.close()


def test_a_table_that_is_otherwise_is_refused_and_nothing_is_sent(recorder: Recorder, client: BigQuery) -> None:
    recorder.table = {
        "tableReference": {"projectId": "p", "datasetId": "power", "tableId": "carbon_intensity"},
        "schema": {"fields": [one.resource() for one in TABLE.fields]},
        "clustering": {"fields": ["zone", "variant", "granularity"]},
        "timePartitioning": {"type": "DAY", "field": "at"},
        "requirePartitionFilter": True,
    }
    client.make_table(TABLE)
    recorder.table["timePartitioning"] = {"type": "HOUR", "field": "at"}
    recorder.table["requirePartitionFilter"] = False
    with pytest.raises(SchemaMismatchError) as caught:
        client.make_table(TABLE)
    assert "partitioned by day of: None, not at; requires a partition filter: False, not True" in str(caught.value)
    assert {request.method for request in recorder.requests} == {"GET"}


def test_what_bigquery_refuses_and_that_it_does_not_answer_is_said(recorder: Recorder, client: BigQuery) -> None:
    recorder.on_insert = lambda _job_id: (403, {})
    with pytest.raises(WarehouseUnavailableError, match=rf"{recorder.url}\) can't be used, running the job x-1"):
        client.execute("x", "SELECT 1")
    recorder.on_insert = lambda _job_id: (400, {})
    with pytest.raises(WarehouseError, match="refused, running the job x-1"):
        client.execute("x", "SELECT 1")
    url = f"http://127.0.0.1:{free_port()}"
    nowhere = BigQuery(settings_for(url))
    with pytest.raises(WarehouseUnavailableError, match=rf"{url}\) can't be used, looking for the dataset power"):
        nowhere.make_dataset("power")
    nowhere.close()
