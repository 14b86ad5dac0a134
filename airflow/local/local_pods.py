"""Runs a pod, as the operator has rendered it, as a process on this machine.

The pod's command, its environment and its files are its own: of this machine it sees only what a cluster would give it,
written down in a file by `gridpulse_platform.airflow` (ConfigMaps, Secrets, and what is in an image).
"""

import json
import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from airflow.sdk.exceptions import AirflowException

__all__ = ["CLUSTER_FILE", "Cluster", "LocalProcess", "process_of", "run_here"]

CLUSTER_FILE: Final = "GRIDPULSE_LOCAL_CLUSTER"
"""Variable that names the file."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cluster:
    """What a cluster and its images would have. `paths` are folders of the images and where they are here."""

    python: str
    host: Mapping[str, str]
    paths: Mapping[str, str]
    config_maps: Mapping[str, Mapping[str, str]]
    secrets: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class LocalProcess:
    """A command with its whole environment."""

    command: Sequence[str]
    environment: Mapping[str, str]


def run_here(context: Any) -> None:
    """Run the pod of the task to its end. Raises AirflowException when its exit code is not 0."""
    pod = context["task"].build_pod_request_obj(context, dry_run=True)
    cluster = Cluster(**json.loads(Path(os.environ[CLUSTER_FILE]).read_text(encoding="utf-8")))
    with TemporaryDirectory(prefix="gridpulse-pod-") as folder:
        process = process_of(pod, cluster, folder)
        _log.info("running %s", " ".join(process.command))
        exit_code = _run(process, folder)
    if exit_code != 0:
        raise AirflowException(f"{pod.metadata.name} ended with exit code {exit_code}; its log is above.")


def process_of(pod: Any, cluster: Cluster, folder: str) -> LocalProcess:
    """What the pod's one container is as a process; `folder` stands for its empty folders.

    Raises KeyError for a ConfigMap that is not there and not optional, or for a Secret of that kind.
    """
    (container,) = pod.spec.containers
    empty = {volume.name for volume in pod.spec.volumes if volume.empty_dir}
    folders = {mount.mount_path: folder for mount in container.volume_mounts if mount.name in empty}

    def here(word: str, places: Mapping[str, str]) -> str:
        for there, place in places.items():
            if word == there or word.startswith(f"{there}/"):
                return place + word.removeprefix(there)
        return word

    program, *arguments = (here(word, cluster.paths) for word in (*container.command, *(container.args or ())))
    variables = dict(cluster.host)
    for source in container.env_from or ():
        variables |= _referenced(source.config_map_ref, cluster.config_maps)
        variables |= _referenced(source.secret_ref, cluster.secrets)
    own = {entry.name: here(entry.value, {**folders, **cluster.paths}) for entry in container.env}
    command = [cluster.python if program == "python3" else program, *arguments]
    return LocalProcess(command, {**variables, **own, "TMPDIR": folder})


def _referenced(reference: Any, known: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    if reference is None or (reference.optional and reference.name not in known):
        return {}
    return known[reference.name]


def _run(process: LocalProcess, folder: str) -> int:
    # Should this process be killed, the kernel ends that one.
    setpriv = shutil.which("setpriv")
    guard = [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
    with (
        subprocess.Popen(  # noqa: S603 - what a DAG says
            [*guard, *process.command],
            env=dict(process.environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as running,
        _ended(running),
    ):
        assert running.stdout is not None  # noqa: S101 - it is a pipe
        for line in running.stdout:
            _log.info("%s", line.rstrip())
        return running.wait()


@contextmanager
def _ended(running: "subprocess.Popen[str]") -> Generator[None]:
    """When the task ends before its process, by a time limit or by hand, the whole process group ends too."""
    try:
        yield
    finally:
        if running.poll() is None:
            running.terminate()
            with suppress(subprocess.TimeoutExpired):
                running.wait(timeout=30)
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
