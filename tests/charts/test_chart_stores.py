"""What the charts of the stores make: kafka, cassandra."""

import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_contract.topics import load_topics
from gridpulse_platform.jars import REPOSITORY
from gridpulse_schema import load_migrations
from gridpulse_spark.streaming import JOB
from harness.chart import Chart, Resource, environment, named, one

Rendered = Callable[[str], list[Resource]]


# kafka


def test_topics_are_those_of_the_contract(rendered: Rendered) -> None:
    made = {
        name: (spec["partitions"], spec["replicas"], spec["config"])
        for name, spec in named(rendered("default"), "KafkaTopic").items()
    }
    assert made == {topic.name: (topic.partitions, topic.replication_factor, topic.config) for topic in load_topics()}


def test_a_cluster_of_one_broker_has_topics_of_one_replica(rendered: Rendered) -> None:
    topics = named(rendered("kind"), "KafkaTopic")
    assert {spec["replicas"] for spec in topics.values()} == {1}
    assert {spec["config"]["min.insync.replicas"] for spec in topics.values()} == {"1"}
    (kafka,) = named(rendered("kind"), "Kafka").values()
    config = kafka["kafka"]["config"]
    assert (config["min.insync.replicas"], config["offsets.topic.replication.factor"]) == (1, 1)


def test_brokers_take_nobody_without_a_name_and_nothing_in_the_clear(rendered: Rendered) -> None:
    (kafka,) = named(rendered("default"), "Kafka").values()
    assert kafka["kafka"]["version"] == "4.3.1"
    assert kafka["kafka"]["authorization"] == {"type": "simple"}
    (listener,) = kafka["kafka"]["listeners"]
    assert listener["tls"] is True
    assert listener["authentication"] == {"type": "scram-sha-512"}


RIGHTS: Final = {
    "ingester": {"Describe", "Read", "Write"},
    "streaming": {"Describe", "Read", "Write"},
    "archive": {"Describe", "DescribeConfigs", "Read"},
    "ui": {"Describe", "DescribeConfigs", "Read"},
}


@pytest.mark.parametrize("client", RIGHTS)
def test_users_may_do_what_their_program_does(rendered: Rendered, client: str) -> None:
    acls = named(rendered("everything"), "KafkaUser")[f"gridpulse-kafka-{client}"]["authorization"]["acls"]
    assert {operation for acl in acls for operation in acl["operations"]} == RIGHTS[client]
    for acl in acls:
        assert acl["host"] == "*"
        assert acl["resource"]["type"] == "cluster" or len(acl["resource"]["name"]) > len("gridpulse")


def test_the_stream_writes_to_dead_letters_only(rendered: Rendered) -> None:
    acls = named(rendered("default"), "KafkaUser")["gridpulse-kafka-streaming"]["authorization"]["acls"]
    topics = {acl["resource"]["name"]: set(acl["operations"]) for acl in acls if acl["resource"]["type"] == "topic"}
    assert topics.keys() == {topic.name for topic in load_topics()}
    assert [name for name, operations in topics.items() if "Write" in operations] == ["electricity.dead-letter.v1"]
    (group,) = (acl["resource"] for acl in acls if acl["resource"]["type"] == "group")
    # Spark makes its groups' names, with a prefix that the job gives.
    assert group["name"] == f"gridpulse-{JOB}"
    assert group["patternType"] == "prefix"


def test_a_password_can_be_somebody_elses(rendered: Rendered) -> None:
    users = named(rendered("everything"), "KafkaUser")
    given = users["gridpulse-kafka-archive"]["authentication"]["password"]["valueFrom"]["secretKeyRef"]
    assert given == {"name": "kafka-archive", "key": "password"}
    assert "password" not in users["gridpulse-kafka-ingester"]["authentication"]


def test_topics_and_users_can_be_for_a_strimzi_cluster_that_exists(chart: Chart) -> None:
    values = {"kafka": {"cluster": {"enabled": False}}, "global": {"kafka": {"clusterName": "shared"}}}
    made = chart.template("default", values)
    assert not named(made, "Kafka")
    assert not named(made, "KafkaNodePool")
    clusters = {
        each["metadata"]["labels"]["strimzi.io/cluster"] for each in made if each["kind"] in ("KafkaTopic", "KafkaUser")
    }
    assert clusters == {"shared"}
    env = environment(made, "Deployment", "gridpulse-ingester")
    assert env["GRIDPULSE_INGESTER_KAFKA_BOOTSTRAP_SERVERS"] == "shared-kafka-bootstrap:9093"


# cassandra


def migration(resources: list[Resource]) -> str:
    return str(one(resources, "Job")["metadata"]["name"])


def test_the_ddl_is_that_of_the_schema_package(chart: Chart, tmp_path: Path) -> None:
    """The chart needs it only to know when the migration is another one."""
    done = chart.run("package", ".", "--destination", str(tmp_path))
    assert done.returncode == 0, done.stderr
    (package,) = tmp_path.glob("*.tgz")
    with tarfile.open(package) as files:
        packed = [files.extractfile(member) for member in files if member.name.endswith(".cql")]
        checksums = {hashlib.sha256(file.read()).hexdigest() for file in packed if file}
    assert checksums == {migration.checksum for migration in load_migrations()}


@pytest.mark.parametrize(
    "values",
    [
        {"global": {"images": {"of": {"schema": {"tag": "0.1.1"}}}}},
        {"global": {"cassandra": {"keyspace": "power_v2"}}},
        {"cassandra": {"migration": {"replicationFactor": 2}}},
    ],
    ids=["image", "keyspace", "replication"],
)
def test_another_migration_is_another_job(chart: Chart, rendered: Rendered, values: dict[str, Any]) -> None:
    assert migration(chart.template("default", values)) != migration(rendered("default"))


def test_other_ddl_is_another_job(chart: Chart, rendered: Rendered, tmp_path: Path) -> None:
    copy = shutil.copytree(REPOSITORY / "charts/gridpulse", tmp_path / "gridpulse")
    before = migration(rendered("default"))
    assert migration(chart.template("default", chart=copy)) == before
    added = copy / "charts/cassandra/files/migrations/0099_more.cql"
    added.write_text("CREATE TABLE IF NOT EXISTS $keyspace.more (id int PRIMARY KEY);\n", encoding="utf-8")
    assert migration(chart.template("default", chart=copy)) != before


def test_what_does_not_concern_the_migration_leaves_its_job_alone(chart: Chart, rendered: Rendered) -> None:
    changed = {"query-api": {"replicas": 5}, "ingester": {"settings": {"LOG_LEVEL": "DEBUG"}}}
    assert migration(chart.template("default", changed)) == migration(rendered("default"))


def test_the_migration_waits_and_never_gives_up_and_blocks_nobody(rendered: Rendered) -> None:
    job = one(rendered("default"), "Job")
    assert "annotations" not in job["metadata"]  # no hook
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "OnFailure"
    assert job["spec"]["backoffLimit"] > 100_000
    assert "ttlSecondsAfterFinished" not in job["spec"]  # Helm would make it again


def test_nodes_are_spread_and_speak_tls(rendered: Rendered) -> None:
    (cluster,) = named(rendered("gke"), "K8ssandraCluster").values()
    assert cluster["auth"] is True
    (datacenter,) = cluster["cassandra"]["datacenters"]
    assert datacenter["size"] == 3
    zones = {rack["nodeAffinityLabels"]["topology.kubernetes.io/zone"] for rack in datacenter["racks"]}
    assert len(zones) == 3
    assert cluster["cassandra"]["clientEncryptionStores"]["keystoreSecretRef"]["name"] == "gridpulse-cassandra-tls"
    options = cluster["cassandra"]["config"]["cassandraYaml"]["client_encryption_options"]
    assert (options["enabled"], options["optional"]) == (True, False)


def test_nodes_are_measured_by_the_names_that_dashboards_and_alerts_have(rendered: Rendered) -> None:
    """The older collector, which the operator prefers where nobody says so, has names of its own."""
    (cluster,) = named(rendered("gke"), "K8ssandraCluster").values()
    assert cluster["cassandra"]["telemetry"] == {"mcac": {"enabled": False}, "prometheus": {"enabled": True}}


def test_stores_that_exist_are_all_that_the_services_need(rendered: Rendered) -> None:
    made = rendered("minimal")
    assert not [each["kind"] for each in made if "strimzi" in each["apiVersion"] or "k8ssandra" in each["apiVersion"]]
    api = environment(made, "Deployment", "gridpulse-query-api")
    assert api["GRIDPULSE_QUERY_API_CASSANDRA_CONTACT_POINTS"] == "cassandra.example.org"
    stream = environment(made, "SparkApplication", "gridpulse-streaming")
    assert stream["GRIDPULSE_STREAMING_KAFKA_BOOTSTRAP_SERVERS"] == "kafka.example.org:9093"
    assert stream["GRIDPULSE_STREAMING_KAFKA_SASL_PASSWORD"]["secretKeyRef"]["name"] == "kafka-streaming"


def test_a_certificate_is_checked_for_the_service_of_the_nodes(chart: Chart, rendered: Rendered) -> None:
    api = environment(rendered("default"), "Deployment", "gridpulse-query-api")
    assert api["GRIDPULSE_QUERY_API_CASSANDRA_SSL_SERVER_NAME"] == "gridpulse-dc1-service"
    elsewhere = environment(rendered("minimal"), "Deployment", "gridpulse-query-api")
    assert "GRIDPULSE_QUERY_API_CASSANDRA_SSL_SERVER_NAME" not in elsewhere
    named_one = chart.template("minimal", {"global": {"cassandra": {"tls": {"serverName": "cassandra"}}}})
    assert environment(named_one, "Job", "gridpulse")["GRIDPULSE_SCHEMA_CASSANDRA_SSL_SERVER_NAME"] == "cassandra"


def test_clients_of_cassandra_have_the_login_of_their_kind(chart: Chart, rendered: Rendered) -> None:
    both = {kind: {"existingSecret": f"the-{kind}"} for kind in ("reader", "writer")}
    made = chart.template("everything", {"global": {"cassandra": {"credentials": both}}})
    api = environment(made, "Deployment", "gridpulse-query-api")
    stream = environment(made, "SparkApplication", "gridpulse")
    migration = environment(made, "Job", "gridpulse-migration")
    for what in ("USERNAME", "PASSWORD"):
        key = what.lower()
        assert api[f"GRIDPULSE_QUERY_API_CASSANDRA_{what}"]["secretKeyRef"] == {"name": "the-reader", "key": key}
        assert stream[f"GRIDPULSE_STREAMING_CASSANDRA_{what}"]["secretKeyRef"] == {"name": "the-writer", "key": key}
        owner = {"name": "gridpulse-superuser", "key": key}
        assert migration[f"GRIDPULSE_SCHEMA_{what}"]["secretKeyRef"] == owner
        for kind in both:
            made_from = migration[f"GRIDPULSE_SCHEMA_{kind.upper()}_{what}"]["secretKeyRef"]
            assert made_from == {"name": f"the-{kind}", "key": key}
    (batch,) = (each["data"] for each in made if "GRIDPULSE_AIRFLOW_POD_SECRETS" in (each.get("data") or {}))
    jobs = json.loads(batch["GRIDPULSE_AIRFLOW_POD_SECRETS"])["spark"]["variables"]
    assert jobs["GRIDPULSE_ANALYTICS_CASSANDRA_PASSWORD"] == {"name": "the-writer", "key": "password"}
    # Without Secrets of their own they have the owner's, and the migration makes nobody.
    assert not any("READER" in name for name in environment(rendered("default"), "Job", "gridpulse-migration"))


def test_logins_that_somebody_else_makes_are_left_alone(chart: Chart) -> None:
    credentials = {"reader": {"existingSecret": "the-reader"}}
    values = {"global": {"cassandra": {"credentials": credentials}}, "cassandra": {"migration": {"makeLogins": False}}}
    assert not any("READER" in name for name in environment(chart.template("default", values), "Job", "gridpulse-mig"))
