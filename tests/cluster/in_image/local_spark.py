"""Runs in the Spark image, in one pod: a session as the jobs open it, their connectors, files, and Java's trust."""

import os
import sys
from pathlib import Path
from typing import Any

from gridpulse_spark.session import open_session

CONNECTORS = (
    "org.apache.spark.sql.kafka010.KafkaSourceProvider",
    "com.datastax.spark.connector.CassandraSparkExtensions",
    "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem",
)
FEWEST_AUTHORITIES = 50
STORE_PASSWORD = "changeit"  # noqa: S105 - of every JDK's public certificates

with open_session("local", jars_dir=Path("/opt/gridpulse/jars"), conf={}) as session:
    context: Any = session.sparkContext
    jvm: Any = context._jvm
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    for connector in CONNECTORS:
        jvm.java.lang.Class.forName(connector, True, loader)
    password = context._gateway.new_array(jvm.char, len(STORE_PASSWORD))
    for index, character in enumerate(STORE_PASSWORD):
        password[index] = character
    store = jvm.java.io.File(f"{os.environ['JAVA_HOME']}/lib/security/cacerts")
    authorities = jvm.java.security.KeyStore.getInstance(store, password).size()
    assert authorities >= FEWEST_AUTHORITIES, f"Java trusts {authorities} authorities"
    session.range(1000).selectExpr("id * id AS square").write.parquet("/tmp/squares")  # noqa: S108
    total = session.read.parquet("/tmp/squares").rdd.map(lambda row: row.square).sum()  # noqa: S108
sys.stdout.write(f"total={total}\n")
