"""The Spark session of a job: local, with everything set here, or as spark-submit set it."""

import importlib
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from gridpulse_spark.errors import ConfigurationError

__all__ = ["open_session"]

_java_gateway: Final[Any] = importlib.import_module("pyspark.java_gateway")  # it has no types
_py4j: Final[Any] = importlib.import_module("py4j.java_gateway")

_JVM_END_SECONDS: Final = 10.0

# What the jobs' results depend on, so it is set under spark-submit too.
_SEMANTICS: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    # Spark's default is a type without statistics, which Parquet has given up: a query of a day would read all years of
    # a lake. And BigQuery takes microseconds.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
_LOCAL: Final = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Every query and every change of its plan is described for the UI, in a tenth of the time of a small query.
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.debug.maxToStringFields": "1",
    "spark.sql.shuffle.partitions": "2",  # as many as cores, in place of 200: one machine's data are small
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError -Djava.net.preferIPv4Stack=true "
    f"-Dlog4j2.configurationFile=file:{Path(__file__).with_name('log4j2.properties')}",
}


class _Remembering:
    """What looks for a name in the JVM once.

    PySpark asks for a class by the bare name in every `F.col`, and for some by the name of their package, a dozen times
    for each exception (the end of a Java iterator is one). The JVM then looks in every jar, for a millisecond and more.
    """

    def __getattr__(self, name: str) -> Any:
        place: Any = super()
        found = place.__getattr__(name)
        if type(found) is _py4j.JavaPackage:
            found.__class__ = _RememberingPackage
        self.__dict__[name] = found
        return found


class _RememberingPackage(_Remembering, _py4j.JavaPackage):
    pass


class _RememberingJvm(_Remembering, _py4j.JVMView):
    pass


@contextmanager
def open_session(
    name: str, *, jars_dir: Path | None, conf: Mapping[str, str], keep_open: tuple[int, ...] = ()
) -> Generator[SparkSession]:
    """A session with `conf`, stopped on exit.

    With `jars_dir` the session is local, on two cores, with the jars of that folder; without, master, jars and memory
    are those of spark-submit. The local JVM leads a process group of its own, so that a signal to ours does not stop it
    in mid-batch; it ends when this process does, however that ends, and holds the file descriptors `keep_open` open
    till then. Raises ConfigurationError when the folder holds no jar.
    """
    settings = SparkConf().setAppName(name).setAll([*_SEMANTICS.items(), *conf.items()])
    gateway: Any = None
    if jars_dir is not None:
        jars = sorted(str(path) for path in jars_dir.glob("*.jar"))
        if not jars:
            raise ConfigurationError(f"There is no jar in {jars_dir}.")
        settings.setMaster("local[2]").setAll([*_LOCAL.items(), *conf.items()])
        # Not as spark.jars: of these each session has copies made for its executors, which here are the driver itself.
        settings.set("spark.driver.extraClassPath", ":".join(jars))
        options: dict[str, Any] = {"start_new_session": True, "pass_fds": keep_open}
        gateway = _java_gateway.launch_gateway(settings, options)
    try:
        context: Any = SparkContext(conf=settings, gateway=gateway)
        if gateway is not None:
            context.pythonExec = sys.executable  # not the python3 that is first in PATH
        context._jvm.__class__ = _RememberingJvm
        session = SparkSession(context)
        try:
            for key, value in _SEMANTICS.items():
                session.conf.set(key, value)
            yield session
        finally:
            session.stop()
    finally:
        if gateway is not None:
            _end(gateway)


def _end(gateway: Any) -> None:
    # PySpark would give the ended JVM to the next session.
    context: Any = SparkContext
    if context._gateway is gateway:
        context._gateway = context._jvm = None
    client = gateway._gateway_client
    client.is_connected = False  # else objects that are collected now are told to a JVM that is gone: a traceback each
    gateway.proc.stdin.close()  # the JVM ends when its input does
    try:
        gateway.proc.wait(timeout=_JVM_END_SECONDS)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()
    client.is_connected = True
    gateway.shutdown()  # after the JVM's end, since it would wait for a call that never returns
