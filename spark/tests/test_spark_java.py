"""What the JVM throws, in a sentence of ours."""

from typing import Any

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from gridpulse_spark.errors import SparkJobError
from gridpulse_spark.java import java_errors


def told(thrown: Any) -> str:
    with pytest.raises(SparkJobError) as caught, java_errors(SparkJobError, "x could not be read"):
        raise Py4JJavaError("a call failed", thrown)
    return str(caught.value)


def java_lang(spark: SparkSession) -> Any:
    context: Any = spark.sparkContext
    return context._jvm.java.lang


def test_the_root_of_the_trouble_is_named(spark: SparkSession) -> None:
    lang = java_lang(spark)
    root = lang.IllegalStateException("p0-0-36.parquet is not a Parquet file\nat somewhere")
    aborted = lang.RuntimeException("Job aborted", root)
    assert told(lang.RuntimeException("Multiple failures", aborted)) == (
        "x could not be read: java.lang.RuntimeException: Multiple failures "
        "java.lang.IllegalStateException: p0-0-36.parquet is not a Parquet file"
    )


def test_nothing_is_said_twice(spark: SparkSession) -> None:
    lang = java_lang(spark)
    assert told(lang.RuntimeException("alone")) == "x could not be read: java.lang.RuntimeException: alone"
    root = lang.IllegalStateException("no")
    assert told(lang.RuntimeException(root)) == (
        "x could not be read: java.lang.RuntimeException: java.lang.IllegalStateException: no"
    )


def test_the_jvm_is_asked_for_a_name_once(spark: SparkSession) -> None:
    context: Any = spark.sparkContext
    assert context._jvm.PythonSQLUtils is context._jvm.PythonSQLUtils
    assert java_lang(spark) is java_lang(spark)
    assert java_lang(spark).Integer is java_lang(spark).Integer
    assert java_lang(spark).Integer.parseInt("7") == 7
