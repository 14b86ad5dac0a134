"""A release on a real cluster, its stores on the host: installed before them, upgraded, rolled back, hurt, removed.

The tests are one story, in this order.
"""

import json
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_platform import create_topics
from gridpulse_platform.class_data import ONE_COMPILER
from gridpulse_platform.helm import ensure_helm
from gridpulse_platform.waiting import wait_until
from harness.kubernetes import Ended, Namespace, namespace, pod
from harness.reachable import ReachableBroker, ReachableNode
from harness.release import Release
from harness.scheduled import run_dag

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1200)]

ZONES: Final = ("DE", "FR")
LONG_RUNNING: Final = ("ingester", "query-api", "standin", "streaming")
READY_SECONDS: Final = 420  # a container that failed for want of its stores waits for up to five minutes
FAST: Final = {"DAYS_BEFORE_NOW": "2", "SPEED": "1800"}
"""The stand-in's clock: two days in little more than a minute and a half."""
FAST_DAYS: Final = timedelta(days=2)
LET_IN: Final = {"ingester": True, "query-api": False, None: False}
"""Who asks the stand-in, by component, and whether its policy is to let them in."""
ASK: Final = """
import sys, time, urllib.request
deadline = time.monotonic() + 15  # a policy knows of a new pod a moment after its start, and refuses it until then
while True:
    try:
        sys.exit(urllib.request.urlopen(sys.argv[1], timeout=5).status != 200)
    except OSError as error:
        if time.monotonic() > deadline:
            sys.exit(f"no: {error}")
    time.sleep(0.5)
"""


@dataclass(frozen=True)
class Story:
    """The release and the stores that it is told of."""

    release: Release
    broker: ReachableBroker
    node: ReachableNode
    stack: ExitStack

    def values(self, **standin: str) -> dict[str, Any]:
        """Of the release."""
        small = {"coreRequest": "50m", "memory": "600m"}
        url, token = "http://{{ .Release.Name }}-standin:8090", {"name": "{{ .Release.Name }}-standin", "key": "plan"}
        return {
            "global": {
                "images": {"tag": "test", "pullPolicy": "Never"},
                "kafka": {
                    "bootstrapServers": self.broker.servers_for_pods,
                    "securityProtocol": "PLAINTEXT",
                    "caSecret": {"name": ""},
                },
                "cassandra": {
                    "contactPoints": self.node.contact_points,
                    "port": self.node.port,
                    "credentials": {"enabled": False},
                    "tls": {"enabled": False},
                },
            },
            "cassandra": {"migration": {"replicationFactor": 1}},
            "standin": {"enabled": True, "settings": standin},
            "ingester": {
                "source": {"baseUrl": url},
                "settings": {"POLL_PERIOD_SECONDS": "3", "STARTUP_SPREAD_SECONDS": "0", "REQUESTS_PER_SECOND": "20"},
                "instances": {"default": {"zones": [*ZONES], "tokenSecret": token}},
            },
            "airflow": {
                "enabled": True,
                "dags": {"startDate": "2026-11-01T00:00:00+00:00"},
                "lake": {"location": "/tmp/lake", "resultsLocation": "/tmp/results"},  # noqa: S108 - of no job here
                "ingester": {"zones": [*ZONES], "baseUrl": url, "tokenSecret": token},
            },
            "streaming": {
                "restartSeconds": 5,
                "checkpoint": {"volume": {"size": "256Mi"}},
                # A node may have no more than two cores, for which the second compiler would contend with all.
                "sparkConf": {
                    f"spark.{of}.JDK_JAVA_OPTIONS": ONE_COMPILER for of in ("kubernetes.driverEnv", "executorEnv")
                },
                "driver": small,
                "executor": {**small, "cores": 1},
            },
        }


@pytest.fixture(scope="module")
def story(
    images: dict[str, str], host_address: str, spark_operator: Any, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Story]:
    """Nothing is there yet but a namespace that admits restricted pods alone."""
    home = tmp_path_factory.mktemp("stores")
    with namespace("gridpulse-test-release") as here, ExitStack() as stack:
        spark_operator(here)
        release = Release(ensure_helm(), "gp", here, files=("values-minimal.yaml",))
        yield Story(
            release, ReachableBroker(home / "kafka", host_address), ReachableNode(home / "node", host_address), stack
        )


def hours(release: Release, zone: str, start: datetime, end: datetime) -> set[datetime]:
    """The hours in [start, end) of which the API has the power breakdown."""
    span = f"start={start:%Y-%m-%dT%H:00:00Z}&end={end:%Y-%m-%dT%H:00:00Z}"
    answer = release.ask(f"/v1/zones/{zone}/power-breakdown?granularity=hourly&{span}")
    return {datetime.fromisoformat(row["at"]) for row in answer["data"]}


def test_a_release_before_its_stores_comes_right_by_itself(story: Story) -> None:
    release = story.release
    release.install(story.values())
    wait_until(lambda: release.pods("migration"), 60, "the migration's pod")
    for engine in (story.node, story.broker):
        story.stack.enter_context(engine)
    create_topics(story.broker.bootstrap_servers)

    def served() -> bool:
        end = datetime.now(UTC)
        try:
            return all(len(hours(release, zone, end - timedelta(hours=20), end)) >= 19 for zone in ZONES)
        except AssertionError:  # the API has no pod that is ready yet
            return False

    try:
        wait_until(served, READY_SECONDS, "rows of every zone in the API", 2)
    except TimeoutError as error:
        raise AssertionError(f"{error}\n{_state(release.namespace)}") from None
    for name in ("ingester-default", "query-api", "standin"):
        release.namespace.wait(f"deployment/{release.name}-{name}", "condition=Available", READY_SECONDS)
    application = release.namespace.get("sparkapplication", f"{release.name}-streaming")
    assert application["status"]["applicationState"]["state"] == "RUNNING"


def test_the_release_passes_its_own_test(story: Story) -> None:
    assert "Phase:          Succeeded" in story.release.run("test", story.release.name)


@pytest.fixture(scope="module")
def answers(images: dict[str, str], story: Story) -> dict[str | None, Ended]:
    """How it ended for each who asked. All ask at once: whom a policy refuses asks for long."""
    release = story.release
    url = f"http://{release.name}-standin:8090/health"

    def ask(component: str | None) -> Ended:
        name = f"asks-as-{component or 'nobody'}"
        asking = pod(name, images["query-api"], command=["python3", "-c", ASK, url])
        if component:
            asking["metadata"]["labels"] = release.labels(component)
        ended = release.namespace.run(asking)
        release.namespace.kubectl("delete", "pod", name)
        return ended

    with ThreadPoolExecutor(len(LET_IN)) as at_once:
        return dict(zip(LET_IN, at_once.map(ask, LET_IN), strict=True))


@pytest.mark.parametrize(("component", "is_let_in"), LET_IN.items())
def test_policies_let_in_who_is_named(answers: dict[str | None, Ended], component: str | None, is_let_in: bool) -> None:
    """The stand-in's door is for the ingester alone."""
    ended = answers[component]
    assert (ended.exit_code == 0) is is_let_in, ended.log


def test_a_dag_runs_in_pods_of_the_cluster_and_its_check_has_seen_data(story: Story, tmp_path: Path) -> None:
    """By the rights of Airflow's own account, which can do nothing else."""
    ended = run_dag(story.release, "electricity_ingest", ",".join(ZONES), tmp_path)
    assert ended["state"] == "success"
    assert ended["tasks"] == {"collect": "success", "check_fresh": "success"}
    here = story.release.namespace
    started = json.loads(here.kubectl("get", "events", "--field-selector=reason=Started", "--output", "json"))["items"]
    names = [event["involvedObject"]["name"] for event in started]
    for task in ("collect", "check-fresh"):
        assert any(name.startswith(f"{story.release.name}-{task}-") for name in names), names


def test_an_upgrade_rolls_only_what_has_changed_and_nothing_is_lost_in_mid_flow(story: Story) -> None:
    release = story.release
    before = release.uids(LONG_RUNNING)
    upgraded_at = datetime.now(UTC)
    release.upgrade(story.values(**FAST))
    release.namespace.kubectl("rollout", "status", f"deployment/{release.name}-standin", "--timeout=120s")
    after = release.uids(LONG_RUNNING)
    assert {component for component in LONG_RUNNING if before[component] != after[component]} == {"standin"}

    first, last = upgraded_at - FAST_DAYS + timedelta(hours=1), upgraded_at - timedelta(hours=1)

    def stored(zone: str) -> set[datetime]:
        try:
            return hours(release, zone, first, last)
        except AssertionError:  # the API's only pod was killed
            return set()

    # Data of the day before were there; these are new.
    wait_until(lambda: len(stored("DE")) > 30, READY_SECONDS, "the flow of past days", 1)
    for component in ("ingester", "streaming", "query-api"):
        for each in release.pods(component):
            release.namespace.kubectl("delete", "pod", each["metadata"]["name"], "--grace-period=0", "--force")

    wanted = (last.replace(minute=0, second=0, microsecond=0) - first.replace(minute=0, second=0, microsecond=0)) // (
        timedelta(hours=1)
    )
    for zone in ZONES:
        try:
            wait_until(lambda zone=zone: len(stored(zone)) == wanted, READY_SECONDS, f"all hours of {zone}", 2)
        except TimeoutError as error:
            raise AssertionError(f"{error}: {len(stored(zone))} of {wanted}\n{_state(release.namespace)}") from None


def test_a_rollback_brings_the_values_of_before(story: Story) -> None:
    release = story.release
    before = release.uids(LONG_RUNNING)
    release.run("rollback", release.name, "1")
    release.namespace.kubectl("rollout", "status", f"deployment/{release.name}-standin", "--timeout=120s")
    after = release.uids(LONG_RUNNING)
    assert {component for component in LONG_RUNNING if before[component] != after[component]} == {"standin"}
    (standin,) = release.pods("standin")
    names = {variable["name"] for variable in standin["spec"]["containers"][0]["env"]}
    assert "GRIDPULSE_STANDIN_SPEED" not in names


def test_nothing_is_left_but_the_checkpoint(story: Story) -> None:
    release, here = story.release, story.release.namespace
    release.run("uninstall", release.name, "--wait")
    kinds = here.kubectl("api-resources", "--namespaced", "--verbs=list,delete", "--output=name").split()
    asked = ",".join(kind for kind in kinds if not kind.startswith(("events", "endpoint")))

    def left() -> list[str]:
        selector = f"app.kubernetes.io/instance={release.name}"
        found = json.loads(here.kubectl("get", asked, "--selector", selector, "--output", "json"))
        return [f"{item['kind']} {item['metadata']['name']}" for item in found["items"]]

    kept = [f"PersistentVolumeClaim {release.name}-streaming-checkpoints"]
    wait_until(lambda: left() == kept, 120, "everything but the claim to be gone", 1)
    assert json.loads(here.kubectl("get", "pods", "--output", "json"))["items"] == []


def _state(here: Namespace) -> str:
    """What is where, for a test that failed."""
    pods = here.kubectl("get", "pods,jobs,sparkapplications", "--output", "wide")
    logs = [f"== {name}\n{_log(here, name)}" for name in here.kubectl("get", "pods", "--output", "name").split()]
    return "\n".join([pods, *logs])


def _log(here: Namespace, name: str) -> str:
    try:
        return here.kubectl("logs", name, "--all-containers", "--tail=25")
    except AssertionError as error:
        return str(error)
