"""A registry of images and charts on loopback, its content gone when it ends."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gridpulse_platform import Part, free_port, loopback

__all__ = ["Registry"]

_TIMEOUT_SECONDS: Final = 30.0


class Registry(Part):
    """Crane's registry, and crane to talk to it."""

    def __init__(self, crane: Path, folder: Path) -> None:
        super().__init__("registry", folder / "registry.log", clean_exit_codes=(0, -15))
        self._crane = crane
        self._blobs = folder / "blobs"
        self._blobs.mkdir()
        self._port = free_port()

    @property
    def address(self) -> str:
        """What images' names begin with."""
        return f"127.0.0.1:{self._port}"

    def crane(self, *arguments: str) -> str:
        """The client's answer; an AssertionError has its complaint."""
        done = subprocess.run(
            [str(self._crane), *arguments], check=False, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def is_ready(self) -> bool:
        """Whether it answers."""
        return loopback.answers(f"http://{self.address}/v2/")

    def _ports(self) -> Sequence[int]:
        return (self._port,)

    def _command(self) -> Sequence[str]:
        return [str(self._crane), "registry", "serve", "--address", self.address, "--disk", str(self._blobs)]
