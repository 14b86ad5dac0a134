"""Values: every one described and allowed, every other refused, at every level."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import pytest
import yaml

from gridpulse_ingester.settings import IngesterSettings
from gridpulse_query_api.settings import QueryApiSettings
from gridpulse_spark.settings import StreamingSettings
from gridpulse_standin.settings import StandinSettings
from harness.chart import CHART, PARTS, Chart

CHARTS: Final = {"": CHART, **{part: CHART / "charts" / part for part in PARTS}}
OF_KUBERNETES: Final = {"nodeAffinity", "podAffinity", "podAntiAffinity", "namespaceSelector", "podSelector"}
"""Its own types, which its API server checks."""
ENABLED: Final = {part: {"enabled": True} for part in ("airflow", "monitoring", "standin")}

every_chart: Final = pytest.mark.parametrize("part", CHARTS, ids=lambda part: part or "umbrella")


def schema_of(part: str) -> dict[str, Any]:
    return json.loads((CHARTS[part] / "values.schema.json").read_text(encoding="utf-8"))


def defaults_of(part: str) -> dict[str, Any]:
    return yaml.safe_load((CHARTS[part] / "values.yaml").read_text(encoding="utf-8"))


def objects(schema: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema of an object in it, with the last name on the way."""
    kinds = schema.get("type", ())
    if "object" in ([kinds] if isinstance(kinds, str) else kinds):
        yield name, schema
    for key, inner in (*schema.get("properties", {}).items(), *schema.get("$defs", {}).items()):
        yield from objects(inner, key)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from objects(schema[key], name)


@every_chart
def test_every_object_says_what_it_may_hold(part: str) -> None:
    elsewhere = {"global"} if part else set(PARTS)  # checked by the other chart
    open_ones = {
        name
        for name, schema in objects(schema_of(part))
        if schema.get("additionalProperties", True) is True and name not in OF_KUBERNETES | elsewhere
    }
    assert open_ones == set()


def paths(values: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every object in the values, the outermost one too."""
    yield at
    for key, value in values.items():
        if isinstance(value, dict):
            yield from paths(cast("dict[str, Any]", value), (*at, key))


def levels() -> Iterator[tuple[str, ...]]:
    """Where a key could be misspelt: every object that the charts' own values have, maps of names left out."""
    for part in CHARTS:
        for path in paths(defaults_of(part)):
            inner = schema_of(part)
            for key in path:
                inner = inner.get("properties", {}).get(key, {})
                if "$ref" in inner:
                    inner = schema_of(part)["$defs"][inner["$ref"].rpartition("/")[2]]
            if inner.get("additionalProperties") is False:
                yield (part, *path) if part else path


@pytest.mark.parametrize("level", sorted(set(levels())), ids=lambda level: ".".join(level) or "umbrella")
def test_a_key_that_nobody_knows_is_refused(chart: Chart, level: tuple[str, ...]) -> None:
    values: dict[str, Any] = {"misspelt": True}
    for key in reversed(level):
        values = {key: values}
    for part, switched_on in ENABLED.items():
        values[part] = {**switched_on, **values.get(part, {})}
    assert "Additional property misspelt is not allowed" in chart.refusal(values)


WRONG: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "a number as text": ({"query-api": {"replicas": "two"}}, "replicas"),
    "no replica": ({"query-api": {"replicas": 0}}, "replicas"),
    "a protocol that Kafka lacks": ({"global": {"kafka": {"securityProtocol": "TLS"}}}, "securityProtocol"),
    "a broker without a port": ({"global": {"kafka": {"bootstrapServers": "kafka"}}}, "bootstrapServers"),
    "a digest that is none": ({"global": {"images": {"of": {"spark": {"digest": "sha256:12"}}}}}, "digest"),
    "a pull policy that is none": ({"global": {"images": {"pullPolicy": "Sometimes"}}}, "pullPolicy"),
    "a keyspace that is none": ({"global": {"cassandra": {"keyspace": "Power-1"}}}, "keyspace"),
    "a zone that is none": ({"ingester": {"instances": {"default": {"zones": ["de"]}}}}, "zones"),
    "an instance without a token": ({"ingester": {"instances": {"more": {"zones": ["DE"]}}}}, "instances.more"),
    "an instance's name": (
        {"ingester": {"instances": {"More_1": {"tokenSecret": {"name": "a", "key": "b"}}}}},
        "instances",
    ),
    "a setting of the ingester": ({"ingester": {"settings": {"POLL_PERIOD": "60"}}}, "settings"),
    "a setting of an instance": ({"ingester": {"instances": {"default": {"settings": {"ZONES": "DE"}}}}}, "settings"),
    "a setting of the query API": ({"query-api": {"settings": {"KEYSPACE": "other"}}}, "settings"),
    "a setting of the streaming job": ({"streaming": {"settings": {"TRIGGER": "1"}}}, "settings"),
    "a password among settings": ({"ingester": {"settings": {"KAFKA_SASL_PASSWORD": "x"}}}, "settings"),
    "an amount of memory": ({"streaming": {"driver": {"memory": "1 GB"}}}, "memory"),
    "a pool without storage": ({"kafka": {"nodePools": {"more": {"replicas": 1, "roles": ["broker"]}}}}, "storage"),
    "a role that Kafka lacks": ({"kafka": {"nodePools": {"kafka": {"roles": ["zookeeper"]}}}}, "roles"),
    "the newest image of the page": ({"kafka": {"ui": {"image": "ghcr.io/kafbat/kafka-ui:latest"}}}, "image"),
    "no Cassandra node": ({"cassandra": {"cluster": {"size": 0}}}, "size"),
    "no rack": ({"cassandra": {"cluster": {"racks": []}}}, "racks"),
    "an interval without a unit": ({"monitoring": {"enabled": True, "interval": "30"}}, "interval"),
    "a peer that is none": ({"global": {"networkPolicy": {"dnsPeers": [{"podSelecter": {}}]}}}, "podSelecter"),
    "an Airflow without a start": ({"airflow": {"enabled": True}}, "airflow.dags.startDate is needed"),
    "an Airflow without a lake": (
        {"airflow": {"enabled": True, "dags": {"startDate": "2026-11-01T00:00:00+00:00"}}},
        "airflow.lake.location is needed",
    ),
}


@pytest.mark.parametrize(("values", "about"), WRONG.values(), ids=WRONG)
def test_a_value_that_can_not_work_is_refused(chart: Chart, values: dict[str, Any], about: str) -> None:
    assert about in chart.refusal(values)


def test_a_release_name_that_is_too_long_is_refused(chart: Chart) -> None:
    assert "install under a shorter release name" in chart.refusal(
        {}, release="electricity-of-the-whole-of-europe-and-more"
    )


@every_chart
def test_every_value_is_described(part: str) -> None:
    lines = (CHARTS[part] / "values.yaml").read_text(encoding="utf-8").splitlines()

    def is_described(node: yaml.Node) -> bool:
        above = node.start_mark.line - 1
        while above >= 0 and lines[above].lstrip().startswith("#"):
            if lines[above].lstrip().startswith("# -- "):
                return True
            above -= 1
        return False

    def undescribed(node: yaml.MappingNode, at: str) -> Iterator[str]:
        for key, value in node.value:
            if is_described(key):
                continue
            if isinstance(value, yaml.MappingNode) and value.value:
                yield from undescribed(value, f"{at}{key.value}.")
            else:
                yield f"{at}{key.value}"

    root = yaml.compose("\n".join(lines), yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    # Examples of a map's entries are described where the map is.
    assert list(undescribed(root, "")) == []


@every_chart
def test_every_value_that_is_allowed_has_a_default(part: str) -> None:
    def missing(schema: Mapping[str, Any], values: Mapping[str, Any], at: str) -> Iterator[str]:
        for key, inner in schema.get("properties", {}).items():
            if key not in values:
                yield f"{at}{key}"
            elif "$ref" not in inner and isinstance(values[key], dict):
                yield from missing(inner, values[key], f"{at}{key}.")

    assert list(missing(schema_of(part), defaults_of(part), "")) == (["global"] if part else [])


PROGRAMS: Final[dict[str, tuple[type, set[str]]]] = {
    "ingester": (
        IngesterSettings,
        {"API_BASE_URL", "API_TOKEN", "API_VERSION", "HTTP_HOST", "HTTP_PORT", "QUERY_API_KEY", "TOKENS_FILE", "ZONES"},
    ),
    "query-api": (QueryApiSettings, {"API_KEYS_FILE", "HOST", "KEYSPACE", "PAGE_DIRECTORY", "PORT"}),
    "streaming": (
        StreamingSettings,
        {"CHECKPOINT_LOCATION", "JARS_DIR", "KEYSPACE", "METRICS_HOST", "METRICS_PORT"},
    ),
    "standin": (StandinSettings, {"HOST", "PORT"}),
}
"""Of each part its settings, and those that are no setting here: its values give them, or the image."""
_WHERE_AND_WHO: Final = re.compile(
    r"KAFKA_(BOOTSTRAP|SECURITY|SASL|SSL)_\w+|CASSANDRA_(CONTACT_POINTS|PORT|LOCAL_DATACENTER|USERNAME|PASSWORD|SSL_\w+|TRUSTSTORE_\w+)"
)


@pytest.mark.parametrize("part", PROGRAMS)
def test_settings_are_those_of_the_program(part: str) -> None:
    settings, from_values = PROGRAMS[part]
    fields: dict[str, Any] = getattr(settings, "model_fields")  # noqa: B009 - of a pydantic class
    known = {name.upper() for name in fields}
    allowed = set(schema_of(part)["$defs"]["settings"]["propertyNames"]["enum"])
    assert allowed == {name for name in known - from_values if not _WHERE_AND_WHO.fullmatch(name)}
