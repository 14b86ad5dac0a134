"""Exceptions of the JVM as errors of this package."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from py4j.protocol import Py4JJavaError

from gridpulse_spark.errors import SparkJobError

__all__ = ["java_errors"]


@contextmanager
def java_errors(error: type[SparkJobError], what: str) -> Generator[None]:
    """Raise `error` with `what` and the cause's own words in place of what the JVM throws."""
    try:
        yield
    except Py4JJavaError as thrown:
        raise error(f"{what}: {_reason(thrown)}") from None


def _reason(thrown: Py4JJavaError) -> str:
    # The first line: the stack below it says nothing to an operator.
    exception: Any = thrown.java_exception
    return str(exception.toString()).splitlines()[0]
