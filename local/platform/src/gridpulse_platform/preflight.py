"""What the machine must have, looked at before anything starts."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Final

import psutil

from gridpulse_platform.errors import PreflightError
from gridpulse_platform.ports import is_free, listener
from gridpulse_platform.settings import PlatformSettings

__all__ = ["check_java", "check_machine", "java_home"]

_JAVA_MAJOR: Final = 17
_REQUIRED_DISK_MB: Final = 2000
_MB: Final = 1_000_000
_VERSION_TIMEOUT_SECONDS: Final = 20


def check_machine(settings: PlatformSettings) -> None:
    """Raise PreflightError with one line for each thing that is missing, and with what to do about it."""
    checks: tuple[Callable[[], list[str]], ...] = (
        _python,
        _java,
        _maven,
        lambda: _memory(settings.required_memory_mb),
        lambda: _disk(settings),
        lambda: _ports(_listeners(settings)),
    )
    problems = [problem for check in checks for problem in check()]
    if problems:
        raise PreflightError("\n".join(problems))


def check_java() -> None:
    """Raise PreflightError unless there is the Java that the engines need."""
    if problems := _java():
        raise PreflightError("\n".join(problems))


def java_home() -> str:
    """The home of the `java` that runs the engines, so that Spark runs on the same one."""
    java = shutil.which("java")
    done = subprocess.run(  # noqa: S603 - a fixed command
        [java or "java", "-XshowSettings:properties", "-version"],
        check=False, capture_output=True, text=True, timeout=_VERSION_TIMEOUT_SECONDS,
    )  # fmt: skip
    found = re.search(r"java\.home = (.+)", done.stderr)
    if found is None:
        raise PreflightError(f"{java} does not say where its home is.")
    return found[1].strip()


def _python() -> list[str]:
    if sys.version_info[:2] == (3, 11):
        return []
    return [f"Python 3.11 is needed, this is {sys.version.split()[0]}: `make setup` makes an environment with it."]


def _java() -> list[str]:
    help_text = "`apt-get install openjdk-17-jdk-headless`, and put its bin folder first in PATH."
    java = shutil.which("java")
    if java is None:
        return [f"Java {_JAVA_MAJOR} is not installed: {help_text}"]
    done = subprocess.run(  # noqa: S603 - a fixed command
        [java, "-version"], check=False, capture_output=True, text=True, timeout=_VERSION_TIMEOUT_SECONDS
    )
    found = re.search(r'version "(\d+)', done.stderr + done.stdout)
    if found is None or int(found[1]) != _JAVA_MAJOR:
        version = found[1] if found else "of an unknown version"
        return [f"Java {_JAVA_MAJOR} is needed (Cassandra 5.0 runs on nothing newer), {java} is {version}: {help_text}"]
    return []


def _maven() -> list[str]:
    if shutil.which("mvn"):
        return []
    return ["Maven is not installed: `apt-get install maven`."]


def _memory(required_mb: int) -> list[str]:
    available_mb = psutil.virtual_memory().available // _MB
    if available_mb >= required_mb:
        return []
    return [
        f"{required_mb} MB of available memory are needed, there are {available_mb}: close something, or try all the "
        "same with GRIDPULSE_PLATFORM_REQUIRED_MEMORY_MB=0."
    ]


def _disk(settings: PlatformSettings) -> list[str]:
    folder = next(path for path in (settings.home.absolute(), *settings.home.absolute().parents) if path.exists())
    free_mb = shutil.disk_usage(folder).free // _MB
    if free_mb >= _REQUIRED_DISK_MB:
        return []
    return [
        f"{_REQUIRED_DISK_MB} MB of disk are needed, {folder} has {free_mb} left: free some, or choose another folder "
        "with GRIDPULSE_PLATFORM_HOME."
    ]


def _listeners(settings: PlatformSettings) -> dict[str, int]:
    """Variable -> port of everything that will listen."""
    ports: dict[str, int] = {
        f"GRIDPULSE_PLATFORM_{name.upper()}": getattr(settings, name)
        for name in type(settings).model_fields
        if name.endswith("_port") and (settings.uses_standin or name != "standin_port")
    }
    return ports


def _ports(ports: Mapping[str, int]) -> list[str]:
    problems: list[str] = []
    for variable, port in ports.items():
        same = [other for other in ports if other < variable and ports[other] == port]
        if same:
            problems.append(f"Port {port} is asked for twice: change {variable} or {same[0]}.")
        elif not is_free(port):
            problems.append(f"Port {port} is taken by {listener(port)}: stop that, or choose another with {variable}.")
    return problems
