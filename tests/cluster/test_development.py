"""Development on a cluster: a changed file that is copied into a running pod is what runs there from then on."""

import io
import subprocess
import tarfile
from typing import Final

import pytest

from gridpulse_platform.helm import ensure_helm
from gridpulse_platform.waiting import wait_until
from harness.chart import PARTS
from harness.kubernetes import namespace
from harness.locks import REPOSITORY
from harness.release import Release

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

PACKAGE: Final = "gridpulse_standin"
SAYING: Final = 'print("a changed program", flush=True)\n'


def archive(path: str, text: str) -> bytes:
    """As Skaffold sends it: a file by its place in the container."""
    content = text.encode()
    member = tarfile.TarInfo(path.removeprefix("/"))
    member.size = len(content)
    with io.BytesIO() as made:
        with tarfile.open(fileobj=made, mode="w") as tar:
            tar.addfile(member, io.BytesIO(content))
        return made.getvalue()


def test_a_changed_file_runs_in_the_pod_that_was_there(images: dict[str, str]) -> None:
    _, _, tag = images["standin"].rpartition(":")
    alone = {part: {"enabled": part == "standin"} for part in PARTS}
    source = REPOSITORY / "local" / "standin" / "src" / PACKAGE / "__main__.py"
    head, future, rest = source.read_text(encoding="utf-8").partition("\nimport ")
    with namespace("gridpulse-test-development") as here:
        release = Release(ensure_helm(), "gp", here)
        development = {"development": {"reload": True}, "images": {"tag": tag, "pullPolicy": "Never"}}
        release.install({**alone, "global": development})
        here.wait("deployment/gp-standin", "condition=Available", 120)
        (pod,) = release.pods("standin")
        name = str(pod["metadata"]["name"])
        subprocess.run(
            ["kubectl", "--namespace", here.name, "exec", "--stdin", name, "--",
             "tar", "xmf", "-", "-C", "/", "--no-same-owner"],
            check=True,
            input=archive(f"/opt/gridpulse/live/{PACKAGE}/__main__.py", f"{head}\n{SAYING}{future}{rest}"),
            timeout=60,
        )  # fmt: skip
        wait_until(lambda: "a changed program" in here.kubectl("logs", name), 30, "the changed program", 1)
        here.wait(f"pod/{name}", "condition=Ready", 60)
        (still,) = release.pods("standin")
        assert still["metadata"]["uid"] == pod["metadata"]["uid"]
        assert still["status"]["containerStatuses"][0]["restartCount"] == 0
