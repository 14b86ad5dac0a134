"""A namespace of a real cluster, through kubectl, and pods as locked down as the product's own."""

import json
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["PULL_POLICY", "SECURITY_OF_CONTAINER", "SECURITY_OF_POD", "Ended", "Namespace", "namespace", "pod"]

PULL_POLICY: Final = "Never"
"""The tests built the image and loaded it into the node: it is there, or it should not run."""
SECURITY_OF_POD: Final[Mapping[str, Any]] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
"""No user: the image's own has to do."""
SECURITY_OF_CONTAINER: Final[Mapping[str, Any]] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
_MAIN: Final = "main"


@dataclass(frozen=True)
class Ended:
    """A container that has come to its end."""

    exit_code: int
    log: str


@dataclass(frozen=True)
class Namespace:
    """A namespace, by its name. Every command that fails raises AssertionError with what kubectl said."""

    name: str

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Run kubectl in the namespace and return its output."""
        done = self._run(*arguments, given=given)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr.strip()}"
        return done.stdout

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """As a server-side apply, which refuses fields that a type does not have."""
        items = {"apiVersion": "v1", "kind": "List", "items": manifests}
        self.kubectl("apply", "--server-side", "--filename", "-", given=json.dumps(items))

    def validate(self, *manifests: Mapping[str, Any]) -> list[str]:
        """What the API server would warn of; it keeps nothing. An AssertionError has what it refuses."""
        items = {"apiVersion": "v1", "kind": "List", "items": manifests}
        command = ["apply", "--server-side", "--dry-run=server", "--filename", "-"]
        done = self._run(*command, given=json.dumps(items))
        assert done.returncode == 0, done.stderr.strip()
        return [line for line in done.stderr.splitlines() if line.startswith("Warning: ")]

    def get(self, kind: str, name: str) -> Any:
        """An object as the API has it."""
        return json.loads(self.kubectl("get", kind, name, "--output", "json"))

    def wait(self, thing: str, condition: str, seconds: int) -> None:
        """Until `thing`, as pod/x, fulfils a condition of `kubectl wait --for`."""
        try:
            self.kubectl("wait", thing, f"--for={condition}", f"--timeout={seconds}s")
        except AssertionError as error:
            described = self.kubectl("describe", thing)
            raise AssertionError(f"{error}\n{described}") from None

    def run(self, manifest: Mapping[str, Any], seconds: int = 120) -> Ended:
        """Run a pod to its end, good or bad."""
        name = str(manifest["metadata"]["name"])
        self.apply(manifest)
        self.wait(f"pod/{name}", "jsonpath={.status.containerStatuses[0].state.terminated.reason}", seconds)
        state = self.get("pod", name)["status"]["containerStatuses"][0]["state"]["terminated"]
        return Ended(int(state["exitCode"]), self.kubectl("logs", name))

    def _run(self, *arguments: str, given: str | None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["kubectl", "--namespace", self.name, *arguments], check=False, input=given, capture_output=True, text=True
        )


@contextmanager
def namespace(name: str) -> Generator[Namespace]:
    """A namespace that admits nothing but restricted pods; it is gone, with all in it, after the block."""
    here = Namespace(name)
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    here.kubectl("delete", "namespace", name, "--ignore-not-found", "--timeout=120s")
    here.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    try:
        yield here
    finally:
        here.kubectl("delete", "namespace", name, "--wait=false")


def pod(
    name: str,
    image: str,
    *,
    command: Sequence[str] = (),
    arguments: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    ready_path: str | None = None,
    port: int | None = None,
    memory: str = "512Mi",
) -> dict[str, Any]:
    """A pod with a read-only root and nothing to write to but /tmp, which passes Pod Security's `restricted`.

    With `ready_path` the kubelet asks for it at `port`, and the pod is ready when it gets a 2xx answer.
    """
    container: dict[str, Any] = {
        "name": _MAIN,
        "image": image,
        "imagePullPolicy": PULL_POLICY,
        "args": [*arguments],
        "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": memory}},
        "securityContext": SECURITY_OF_CONTAINER,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
    }
    if command:
        container["command"] = [*command]
    if ready_path is not None:
        container["readinessProbe"] = {"httpGet": {"path": ready_path, "port": port}, "periodSeconds": 1}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "automountServiceAccountToken": False,
            "restartPolicy": "Never",
            "securityContext": SECURITY_OF_POD,
            "containers": [container],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        },
    }
