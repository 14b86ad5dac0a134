"""The lake and the warehouse's stage on an object store, where nothing is renamed and a folder is only a name."""

import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from gridpulse_platform import BigQueryStandIn, CassandraNode, KafkaBroker
from gridpulse_platform.bigquery import ensure_bigquery
from gridpulse_platform.errors import PreflightError
from gridpulse_schema import migrate, open_session
from harness.appending import append, appended, create_trusting_topics
from harness.histories import history, in_order
from harness.jobs import cassandra_settings, finished_job, run_job
from harness.object_store import ObjectStore
from harness.storing import store
from harness.tables import table_cells

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(600)]

BUCKET: Final = "bucket"
HOUR: Final = timedelta(hours=1)


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Generator[ObjectStore]:
    with ObjectStore(tmp_path_factory.mktemp("objects") / "store.log") as running:
        running.make_bucket(BUCKET)
        yield running


def test_a_lake_in_a_bucket_is_archived_once_and_rebuilt_from(
    objects: ObjectStore, cassandra: CassandraNode, tmp_path: Path
) -> None:
    first_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 3 * HOUR
    deliveries = in_order(history(3, hours=4))
    step = 2 * HOUR / len(deliveries)
    lake = {"LAKE_LOCATION": f"gs://{BUCKET}/lake", "SPARK_CONF": json.dumps(dict(objects.spark_conf))}
    with KafkaBroker(tmp_path / "kafka") as kafka:
        create_trusting_topics(kafka.bootstrap_servers)
        append(
            kafka.bootstrap_servers,
            [appended(delivery, first_hour + number * step) for number, delivery in enumerate(deliveries)],
        )
        settings = {**lake, "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
        run_job("archive_to_parquet.py", ["--hour", (first_hour + HOUR).isoformat()], settings, "ARCHIVE")
        archived = objects.objects(BUCKET)
        run_job("archive_to_parquet.py", ["--hour", (first_hour + HOUR).isoformat()], settings, "ARCHIVE")
    assert objects.objects(BUCKET) == archived
    assert {name.rpartition("/")[2] for name in archived} >= {"_lake.json", "_manifest.json"}
    assert not [name for name in archived if "_staging" in name]
    with open_session([cassandra.contact_points], port=cassandra.port) as session:
        for keyspace in ("from_bucket", "from_events"):
            migrate(session, keyspace=keyspace, replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        settings = {**lake, **cassandra_settings(cassandra)}
        run_job("rebuild_cassandra.py", ["--keyspace", "from_bucket"], settings, "REBUILD")
        store(session, "from_events", [delivery.event for delivery in deliveries])
        for table in ("carbon_intensity", "carbon_intensity_revisions"):
            assert table_cells(session, "from_bucket", table) == table_cells(session, "from_events", table)


def test_the_warehouse_is_loaded_from_a_bucket(objects: ObjectStore, cassandra: CassandraNode, tmp_path: Path) -> None:
    try:
        ensure_bigquery()
    except PreflightError as error:
        pytest.skip(str(error))
    events = history(5, hours=6)
    with open_session([cassandra.contact_points], port=cassandra.port) as session:
        migrate(session, keyspace="staged", replication={"class": "NetworkTopologyStrategy", "dc1": 1})
        store(session, "staged", events)
    with BigQueryStandIn(tmp_path / "bigquery", storage_endpoint=objects.endpoint) as bigquery:
        settings = {
            **cassandra_settings(cassandra),
            "KEYSPACE": "staged",
            "STAGE_LOCATION": f"gs://{BUCKET}/stage",
            "SPARK_CONF": json.dumps(dict(objects.spark_conf)),
            "PROJECT": bigquery.project,
            "API_ENDPOINT": bigquery.endpoint,
            "REQUIRE_PARTITION_FILTER": "false",
            "SUBTABLES_START": "2025-12-01",
        }
        done = finished_job("load_bigquery.py", ["--day", "2026-01-02"], settings, "WAREHOUSE")
        assert done.returncode == 0, done.stderr[-4000:]
        ((count,),) = bigquery.ask("SELECT COUNT(*) FROM power.power_breakdown_revisions")
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    (report,) = (one for one in reports if one.get("table") == "power_breakdown_revisions")
    assert report["read"] == report["present"] == int(count) > 0
    assert not [name for name in objects.objects(BUCKET) if name.startswith("stage/") and name.endswith(".parquet")]
