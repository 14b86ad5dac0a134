"""Exceptions of the JVM as errors of this package."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors.exceptions.captured import CapturedException

from gridpulse_spark.errors import SparkJobError

__all__ = ["java_errors"]


@contextmanager
def java_errors(error: type[SparkJobError], what: str) -> Generator[None]:
    """Raise `error` with `what` and the cause's own words in place of what the JVM throws."""
    try:
        yield
    except Py4JJavaError as thrown:
        raise error(f"{what}: {_reason(thrown)}") from None
    except CapturedException as thrown:  # what PySpark has made of some of the JVM's exceptions
        raise error(f"{what}: {_first_line(str(thrown))}") from None


def _reason(thrown: Py4JJavaError) -> str:
    exception: Any = thrown.java_exception
    root = exception
    while (cause := root.getCause()) is not None:
        root = cause
    words, of_root = (_first_line(str(each.toString())) for each in (exception, root))
    # What is thrown may say no more than that something failed, as where two stages of a query do at once.
    return words if of_root in words else f"{words} {of_root}"


def _first_line(text: str) -> str:
    # The stack below it says nothing to an operator.
    return text.strip().splitlines()[0]
