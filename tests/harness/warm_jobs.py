"""Runs batch jobs one after the other in a process whose JVM stays: for what a job does, not for how it starts.

A job's own processor time is mostly its start: classes are loaded and compiled. Here only the first has that.
"""

import importlib
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, Final, Self

from pyspark import SparkContext

__all__ = ["WarmJobs"]

_END_SECONDS: Final = 20.0


class WarmJobs:
    """The process. It starts with the first job, and anew after one that brought it down."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="warm-jobs-")
        self._worker: tuple[Any, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._end()
        self._folder.cleanup()

    def finish(
        self, script: Path, arguments: Sequence[str], environment: Mapping[str, str], deadline_seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a job to its end, good or bad, as `subprocess.run` would."""
        process, connection = self._worker or self._start()
        outputs = [Path(self._folder.name) / name for name in ("stdout", "stderr")]
        before = [path.stat().st_size if path.exists() else 0 for path in outputs]
        command = [str(script), *arguments]
        try:
            connection.send((str(script), list(arguments), dict(environment)))
            code: int | None = connection.recv() if connection.poll(deadline_seconds) else None
        except (EOFError, OSError):  # the process has ended
            code = None
        stdout, stderr = (path.read_bytes()[size:].decode() for path, size in zip(outputs, before, strict=True))
        if code is None:
            process.kill()
            self._end()
            raise AssertionError(f"{command} has not ended by itself in {deadline_seconds:g} s:\n{stderr[-4000:]}")
        return subprocess.CompletedProcess(command, code, stdout, stderr)

    def _start(self) -> tuple[Any, Any]:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, self._folder.name))
        process.start()
        theirs.close()
        self._worker = started = (process, ours)
        return started

    def _end(self) -> None:
        if self._worker is None:
            return
        process, connection = self._worker
        self._worker = None
        connection.close()
        process.join(_END_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()


def _serve(connection: Any, folder: str) -> None:
    for number, name in ((1, "stdout"), (2, "stderr")):
        output = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, number)
        os.close(output)
    gateway = _keep_gateway()
    while True:
        try:
            script, arguments, environment = connection.recv()
        except EOFError:
            gateway.end()
            return
        connection.send(_run(script, arguments, environment))
        gateway.forget()


def _run(script: str, arguments: list[str], environment: dict[str, str]) -> int:
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [script, *arguments]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        code = end.code
        if isinstance(code, str):
            print(code, file=sys.stderr)  # noqa: T201 - as Python itself does
        return code if isinstance(code, int) else int(code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
    return 0


class _KeptGateway:
    """In the place of what starts and ends a session's JVM: the first session's serves all."""

    def __init__(self, launch: Any, end: Any) -> None:
        self._launch, self._end_gateway = launch, end
        self._gateway: Any = None

    def launch(self, conf: Any, options: Any) -> Any:
        if self._gateway is None:
            self._gateway = self._launch(conf, options)
        return self._gateway

    def spare(self, gateway: Any) -> None:
        """Do nothing, where a session would end its JVM."""

    def forget(self) -> None:
        """Leave no trace of a session: its settings, its connections to stores."""
        context: Any = SparkContext
        if context._jvm is None:  # the job ended before it had one
            return
        jvm = self._gateway.jvm
        properties = jvm.System.getProperties()
        for name in list(properties.stringPropertyNames()):
            if name.startswith("spark."):
                properties.remove(name)
        jvm.org.apache.hadoop.fs.FileSystem.closeAll()
        jvm.com.datastax.spark.connector.cql.CassandraConnector.evictCache()
        context._gateway = context._jvm = None

    def end(self) -> None:
        if self._gateway is not None:
            self._end_gateway(self._gateway)


def _keep_gateway() -> _KeptGateway:
    session: Any = importlib.import_module("gridpulse_spark.session")
    kept = _KeptGateway(session._java_gateway.launch_gateway, session._end)
    session._java_gateway = SimpleNamespace(launch_gateway=kept.launch)
    session._end = kept.spare
    return kept
