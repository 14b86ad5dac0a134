"""A release of the chart in a namespace of a real cluster."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.chart import CHART
from harness.kubernetes import Namespace

__all__ = ["Release"]

_TIMEOUT_SECONDS: Final = 300
_INSTANCE: Final = "app.kubernetes.io/instance"
_COMPONENT: Final = "app.kubernetes.io/component"


@dataclass(frozen=True)
class Release:
    """A release by its name; `files` are the values files that every install and upgrade begins with."""

    helm: Path
    name: str
    namespace: Namespace
    files: tuple[str, ...] = ()

    def install(self, values: Mapping[str, Any]) -> None:
        """Without waiting for anything."""
        self._with_values("install", values)

    def upgrade(self, values: Mapping[str, Any]) -> None:
        """To these values, and none of before."""
        self._with_values("upgrade", values)

    def run(self, *arguments: str, given: str | None = None) -> str:
        """Helm in the release's namespace; an AssertionError has its complaint."""
        done = subprocess.run(
            [str(self.helm), "--namespace", self.namespace.name, *arguments],
            check=False,
            input=given,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
        )
        assert done.returncode == 0, f"helm {' '.join(arguments)}: {done.stderr}{done.stdout}"
        return done.stdout

    def labels(self, component: str) -> dict[str, str]:
        """What the pods of a component bear."""
        return {"app.kubernetes.io/name": "gridpulse", _INSTANCE: self.name, _COMPONENT: component}

    def pods(self, component: str | None = None) -> list[Any]:
        """Its pods that are not about to end."""
        selector = f"{_INSTANCE}={self.name}" + (f",{_COMPONENT}={component}" if component else "")
        found = json.loads(self.namespace.kubectl("get", "pods", "--selector", selector, "--output", "json"))
        return [pod for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]]

    def uids(self, components: Iterable[str]) -> dict[str, set[str]]:
        """Who the pods of each component are."""
        return {component: {pod["metadata"]["uid"] for pod in self.pods(component)} for component in components}

    def ask(self, path: str) -> Any:
        """The query API's answer, through the proxy of the Kubernetes API."""
        service = f"services/http:{self.name}-query-api:8080"
        return json.loads(
            self.namespace.kubectl("get", "--raw", f"/api/v1/namespaces/{self.namespace.name}/{service}/proxy{path}")
        )

    def _with_values(self, verb: str, values: Mapping[str, Any]) -> None:
        files = [argument for name in self.files for argument in ("--values", str(CHART / name))]
        self.run(verb, self.name, str(CHART), *files, "--values", "-", given=json.dumps(values))
