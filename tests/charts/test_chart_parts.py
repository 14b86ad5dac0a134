"""What each part makes: one section of tests for each of charts/gridpulse/charts."""

import hashlib
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from gridpulse_contract.topics import load_topics
from gridpulse_platform.jars import REPOSITORY
from gridpulse_schema import load_migrations
from gridpulse_spark.streaming import JOB
from gridpulse_standin.settings import DEFAULT_TOKENS
from harness.chart import Chart, Resource, pods

Rendered = Callable[[str], list[Resource]]


def one(resources: list[Resource], kind: str, name: str = "") -> Resource:
    found = [each for each in resources if each["kind"] == kind and each["metadata"]["name"].startswith(name)]
    assert len(found) == 1, (kind, name, [each["metadata"]["name"] for each in found])
    return found[0]


def named(resources: list[Resource], kind: str) -> dict[str, Any]:
    return {each["metadata"]["name"]: each["spec"] for each in resources if each["kind"] == kind}


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


def environment(resources: list[Resource], kind: str, name: str) -> dict[str, Any]:
    resource = one(resources, kind, name)
    spec = resource["spec"]["template"]["spec"] if kind in ("Deployment", "Job") else resource["spec"]["driver"]
    env = spec["containers"][0]["env"] if kind in ("Deployment", "Job") else spec["env"]
    return {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in env}


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


# ingester


def test_each_instance_is_a_deployment_of_one_pod_at_a_time(rendered: Rendered) -> None:
    made = {name: spec for name, spec in named(rendered("everything"), "Deployment").items() if "ingester" in name}
    assert made.keys() == {"gridpulse-ingester-default", "gridpulse-ingester-nordic"}
    assert all(spec["replicas"] == 1 and spec["strategy"] == {"type": "Recreate"} for spec in made.values())
    selectors = [tuple(sorted(spec["selector"]["matchLabels"].items())) for spec in made.values()]
    assert len(set(selectors)) == 2


def test_an_instance_has_its_zones_its_token_and_its_settings(rendered: Rendered) -> None:
    own = environment(rendered("everything"), "Deployment", "gridpulse-ingester-default")
    assert own["GRIDPULSE_INGESTER_ZONES"] == "DE,FR"
    assert own["GRIDPULSE_INGESTER_API_TOKEN"]["secretKeyRef"] == {"name": "electricity-maps", "key": "token"}
    nordic = environment(rendered("everything"), "Deployment", "gridpulse-ingester-nordic")
    assert nordic["GRIDPULSE_INGESTER_TOKENS_FILE"] == "/etc/gridpulse/tokens/tokens.json"
    assert nordic["GRIDPULSE_INGESTER_POLL_PERIOD_SECONDS"] == "600"
    assert "GRIDPULSE_INGESTER_POLL_PERIOD_SECONDS" not in own


def test_an_instance_of_the_chart_can_be_taken_away(chart: Chart) -> None:
    more = {"zones": ["DE"], "tokenSecret": {"name": "a", "key": "b"}}
    made = chart.template("default", {"ingester": {"instances": {"default": None, "more": more}}})
    assert [name for name in named(made, "Deployment") if "ingester" in name] == ["gridpulse-ingester-more"]


def test_a_changed_value_rolls_only_what_it_concerns(chart: Chart, rendered: Rendered) -> None:
    changed = {"ingester": {"instances": {"nordic": {"settings": {"POLL_PERIOD_SECONDS": "900"}}}}}
    before, after = dict(pods(rendered("everything"))), dict(pods(chart.template("everything", changed)))
    assert [name for name, pod in after.items() if before[name] != pod] == ["Deployment gridpulse-ingester-nordic"]


# streaming


def test_the_stream_always_comes_back_to_its_place(rendered: Rendered) -> None:
    spec = one(rendered("default"), "SparkApplication")["spec"]
    assert spec["restartPolicy"]["type"] == "Always"
    claim = one(rendered("default"), "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    (volume,) = (volume for volume in spec["volumes"] if "persistentVolumeClaim" in volume)
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    (mount,) = (mount for mount in spec["driver"]["volumeMounts"] if mount["name"] == volume["name"])
    place = environment(rendered("default"), "SparkApplication", "gridpulse")["GRIDPULSE_STREAMING_CHECKPOINT_LOCATION"]
    assert place == mount["mountPath"]


def test_a_place_in_an_object_store_needs_no_volume(rendered: Rendered) -> None:
    assert not named(rendered("gke"), "PersistentVolumeClaim")
    env = environment(rendered("gke"), "SparkApplication", "gridpulse")
    assert env["GRIDPULSE_STREAMING_CHECKPOINT_LOCATION"] == "gs://BUCKET/checkpoints"
    account = next(
        each
        for each in rendered("gke")
        if (each["kind"], each["metadata"]["name"]) == ("ServiceAccount", "gridpulse-streaming")
    )
    assert "iam.gke.io/gcp-service-account" in account["metadata"]["annotations"]


# query-api


def test_pods_are_kept_while_nodes_are_drained_but_one_pod_blocks_no_drain(chart: Chart, rendered: Rendered) -> None:
    assert named(rendered("default"), "PodDisruptionBudget")["gridpulse-query-api"]["maxUnavailable"] == 1
    assert not named(chart.template("default", {"query-api": {"replicas": 1}}), "PodDisruptionBudget")


def test_the_load_decides_how_many_pods(rendered: Rendered) -> None:
    made = rendered("everything")
    assert "replicas" not in named(made, "Deployment")["gridpulse-query-api"]
    assert one(made, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == "gridpulse-query-api"
    assert named(rendered("default"), "Deployment")["gridpulse-query-api"]["replicas"] == 2


def test_the_api_is_reached_by_ingress_or_gateway(rendered: Rendered) -> None:
    ingress = one(rendered("everything"), "Ingress")["spec"]
    assert ingress["tls"] == [{"secretName": "gridpulse-example-org", "hosts": ["gridpulse.example.org"]}]
    assert ingress["rules"][0]["host"] == "gridpulse.example.org"
    route = one(rendered("everything"), "HTTPRoute")["spec"]
    assert route["rules"][0]["backendRefs"] == [{"name": "gridpulse-query-api", "port": 8080}]
    assert not named(rendered("default"), "Ingress")


def test_helm_test_asks_the_service(rendered: Rendered) -> None:
    pod = one(rendered("default"), "Pod")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    program, address, keys = pod["spec"]["containers"][0]["args"]
    compile(program, "helm test", "exec")
    assert (address, keys) == ("http://gridpulse-query-api:8080", "open")
    assert one(rendered("everything"), "Pod")["spec"]["containers"][0]["args"][2] == "keys"


# monitoring


def test_alerts_are_those_of_the_rules_folder(rendered: Rendered) -> None:
    made = {
        name.removeprefix("gridpulse-rules-"): spec for name, spec in named(rendered("gke"), "PrometheusRule").items()
    }
    files = [path for path in (REPOSITORY / "grafana/rules").glob("*.yaml") if not path.stem.endswith("_test")]
    assert made == {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in files}


def test_alerts_lead_to_pages_that_can_be_opened(rendered: Rendered) -> None:
    for spec in named(rendered("everything"), "PrometheusRule").values():
        for rule in (rule for group in spec["groups"] for rule in group["rules"]):
            address = rule["annotations"]["runbook_url"]
            assert address.startswith("https://github.com/example/gridpulse/blob/main/docs/runbooks/")


def test_pushed_metrics_keep_their_job(rendered: Rendered) -> None:
    (endpoint,) = named(rendered("everything"), "ServiceMonitor")["gridpulse-pushgateway"]["endpoints"]
    assert endpoint["honorLabels"] is True


def test_what_is_scraped_is_there(rendered: Rendered) -> None:
    made = rendered("everything")
    ports = {
        (each["metadata"]["labels"]["app.kubernetes.io/component"], port["name"])
        for _, each in pods(made)
        for container in each["spec"]["containers"]
        for port in container.get("ports", ())
    }
    driver = one(made, "SparkApplication")["spec"]["driver"]
    ports |= {(driver["labels"]["app.kubernetes.io/component"], port["name"]) for port in driver["ports"]}
    for kind, endpoints in (("PodMonitor", "podMetricsEndpoints"), ("ServiceMonitor", "endpoints")):
        for spec in named(made, kind).values():
            component = spec["selector"]["matchLabels"].get("app.kubernetes.io/component")
            if component:
                assert (component, spec[endpoints][0]["port"]) in ports


def test_prometheus_finds_what_is_for_it(rendered: Rendered) -> None:
    for each in rendered("everything"):
        if each["apiVersion"] == "monitoring.coreos.com/v1":
            assert each["metadata"]["labels"]["release"] == "kube-prometheus-stack"


# airflow


def test_dags_are_those_of_the_repository(rendered: Rendered) -> None:
    config = next(each for each in rendered("gke") if each["metadata"]["name"] == "gridpulse-airflow-dags")
    folder = REPOSITORY / "airflow" / "dags"
    files = {
        str(path.relative_to(folder)).replace("/", "."): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.py")
    }
    assert {name: f"{text.rstrip()}\n" for name, text in config["data"].items()} == {
        name: f"{text.rstrip()}\n" for name, text in files.items()
    }
    assert sum(map(len, files.values())) < 900_000  # a ConfigMap holds 1 MiB


def test_airflows_own_chart_puts_every_dag_in_its_folder(rendered: Rendered) -> None:
    values = yaml.safe_load((REPOSITORY / "charts/gridpulse/airflow-values.yaml").read_text(encoding="utf-8"))
    (volume,) = values["volumes"]
    folder = REPOSITORY / "airflow" / "dags"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*.py")}
    assert {item["path"] for item in volume["configMap"]["items"]} == files
    assert {item["key"] for item in volume["configMap"]["items"]} == {path.replace("/", ".") for path in files}
    (source,) = yaml.safe_load(values["extraEnvFrom"])
    names = {each["metadata"]["name"] for each in rendered("gke") if each["kind"] == "ConfigMap"}
    assert {source["configMapRef"]["name"], volume["configMap"]["name"]} <= names


def test_scheduled_pods_find_their_accounts_and_their_settings(rendered: Rendered) -> None:
    names = {(each["kind"], each["metadata"]["name"]) for each in rendered("gke")}
    for kind in ("ServiceAccount", "ConfigMap"):
        assert {(kind, "gridpulse-ingester"), (kind, "gridpulse-spark")} <= names


def test_airflow_in_its_namespace_may_make_pods_here(rendered: Rendered) -> None:
    binding = next(
        each
        for each in rendered("gke")
        if (each["kind"], each["metadata"]["name"]) == ("RoleBinding", "gridpulse-airflow")
    )
    assert {subject["namespace"] for subject in binding["subjects"]} == {"airflow"}
    assert "airflow-worker" in {subject["name"] for subject in binding["subjects"]}
    where = {
        each["metadata"]["name"]: each["metadata"]["namespace"]
        for each in rendered("gke")
        if each["kind"] == "ConfigMap"
    }
    assert where == {
        "gridpulse-airflow": "airflow",  # Airflow mounts them
        "gridpulse-airflow-dags": "airflow",
        "gridpulse-ingester": "power",  # pods use them
        "gridpulse-spark": "power",
    }


# standin


def test_the_ingester_asks_the_stand_in_with_one_of_its_plans(rendered: Rendered) -> None:
    made = rendered("kind")
    env = environment(made, "Deployment", "gridpulse-ingester")
    service = one(made, "Service", "gridpulse-standin")
    assert env["GRIDPULSE_INGESTER_API_BASE_URL"] == f"http://{service['metadata']['name']}:8090"
    reference = env["GRIDPULSE_INGESTER_API_TOKEN"]["secretKeyRef"]
    secret = one(made, "Secret")
    assert reference["name"] == secret["metadata"]["name"]
    assert secret["stringData"][reference["key"]] in DEFAULT_TOKENS
