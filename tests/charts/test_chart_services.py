"""What the charts of our own parts make: one section of tests for each."""

import json
from collections.abc import Callable

import yaml

from gridpulse_platform.jars import REPOSITORY
from gridpulse_standin.settings import DEFAULT_TOKENS
from harness.chart import Chart, Resource, environment, named, one, pods

Rendered = Callable[[str], list[Resource]]


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


def test_spark_is_left_to_mount_its_own_scratch_space(rendered: Rendered) -> None:
    """Spark mounts an emptyDir where a configuration names it, and a pod with two mounts at one path is refused."""
    assert "spark.local.dir" not in one(rendered("everything"), "SparkApplication")["spec"]["sparkConf"]


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


def dashboards(resources: list[Resource]) -> dict[str, str]:
    """File name -> text of every ConfigMap that the sidecar of Grafana's chart would find."""
    found = [each for each in resources if each["metadata"]["labels"].get("grafana_dashboard") == "1"]
    assert all(each["kind"] == "ConfigMap" for each in found)
    return {name: text for each in found for name, text in each["data"].items()}


def test_dashboards_are_those_of_the_folder(rendered: Rendered) -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in (REPOSITORY / "grafana/dashboards").glob("*.json")}
    made = dashboards(rendered("gke"))
    assert {name: json.loads(text) for name, text in made.items()} == {
        name: json.loads(text) for name, text in files.items()
    }
    assert len(made) == 5


def test_dashboards_lead_to_pages_that_can_be_opened(chart: Chart) -> None:
    settings = {"enabled": True, "rules": {"runbookBaseUrl": "https://git.example/gridpulse/main/"}}
    for text in dashboards(chart.template("gke", {"monitoring": settings})).values():
        (runbooks,) = (each for each in json.loads(text)["templating"]["list"] if each["name"] == "runbooks")
        assert runbooks["query"] == runbooks["current"]["value"] == "https://git.example/gridpulse/main"


def test_dashboards_can_be_left_out_and_put_elsewhere(chart: Chart) -> None:
    without = {"monitoring": {"enabled": True, "dashboards": {"enabled": False}}}
    assert dashboards(chart.template("gke", without)) == {}
    elsewhere = {"monitoring": {"enabled": True, "dashboards": {"namespace": "grafana", "annotations": {"a": "b"}}}}
    made = [each for each in chart.template("gke", elsewhere) if "dashboard" in each["metadata"]["name"]]
    assert {each["metadata"]["namespace"] for each in made} == {"grafana"}
    assert all(each["metadata"]["annotations"]["a"] == "b" for each in made)


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
        if each["kind"] == "ConfigMap" and "grafana_dashboard" not in each["metadata"]["labels"]
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
