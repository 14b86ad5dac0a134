"""The cluster that the environment names, and the product's images in it."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Generator
from typing import Final

import pytest

from harness.kubernetes import Namespace, namespace
from harness.locks import REPOSITORY

TAG: Final = "test"
_HELP: Final = (
    "Cluster tests need a cluster where they may make namespaces: KUBECONFIG names it, kubectl is in PATH, and "
    "IMAGE_BUILD is a command that takes -f FILE -t NAME:TAG CONTEXT, builds the image and loads it into the node."
)


@pytest.fixture(scope="session")
def cluster() -> None:
    """Fails, with what to do about it, unless there is a cluster."""
    missing = [name for name in ("KUBECONFIG", "IMAGE_BUILD") if not os.environ.get(name)]
    if missing or shutil.which("kubectl") is None:
        pytest.fail(f"{_HELP} Missing: {', '.join(missing) or 'kubectl'}.", pytrace=False)
    asked = subprocess.run(["kubectl", "version"], check=False, capture_output=True, text=True, timeout=30)
    if asked.returncode != 0:
        pytest.fail(f"The cluster of KUBECONFIG does not answer: {asked.stderr.strip()}", pytrace=False)


@pytest.fixture(scope="session")
def images(cluster: None) -> dict[str, str]:
    """Every image of the product, built and loaded: name -> what a pod says."""
    build = REPOSITORY / "images" / "build"
    names = subprocess.run([build, "--list"], check=True, capture_output=True, text=True).stdout.split()
    environment = {**os.environ, "IMAGE_TAG": TAG, "IMAGE_REPOSITORY": "gridpulse"}
    built = subprocess.run(
        [build], check=False, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if built.returncode != 0:
        pytest.fail(f"images/build failed:\n{built.stdout[-4000:]}", pytrace=False)
    return {name: f"gridpulse/{name}:{TAG}" for name in names}


@pytest.fixture(scope="session")
def restricted(cluster: None) -> Generator[Namespace]:
    """A namespace for pods of single images."""
    with namespace("gridpulse-test-images") as here:
        yield here


@pytest.fixture(scope="session")
def host_address(cluster: None) -> str:
    """The address by which pods reach this machine: CLUSTER_HOST_ADDRESS."""
    address = os.environ.get("CLUSTER_HOST_ADDRESS")
    if not address:
        pytest.fail("CLUSTER_HOST_ADDRESS is to name the address by which pods reach this machine.", pytrace=False)
    return address


@pytest.fixture(scope="session")
def spark_operator(cluster: None) -> Callable[[Namespace], None]:
    """Has a spark-operator serve a namespace, and nothing else from then on.

    SPARK_OPERATOR may hold a command that sees to that when it gets the namespace's name, with a service account
    `spark` that drivers may use; without it, an operator that serves the namespace has to be there.
    """

    def serve(here: Namespace) -> None:
        if command := os.environ.get("SPARK_OPERATOR"):
            started = subprocess.run(
                [*shlex.split(command), here.name], check=False, capture_output=True, text=True, timeout=300
            )
            assert started.returncode == 0, started.stderr

    return serve


@pytest.fixture(scope="module")
def spark_namespace(spark_operator: Callable[[Namespace], None]) -> Generator[Namespace]:
    """A namespace that a spark-operator serves."""
    with namespace("gridpulse-test-spark") as here:
        spark_operator(here)
        yield here
