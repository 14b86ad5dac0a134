"""What is missing on the machine is named with what helps; one run at a time holds a folder."""

import os
import socket
import sys
from collections.abc import Generator
from pathlib import Path
from subprocess import run

import pytest

from gridpulse_platform.errors import AlreadyRunningError, PreflightError
from gridpulse_platform.home import hold_home, wipe
from gridpulse_platform.ports import LOOPBACK, free_port
from gridpulse_platform.preflight import check_machine, java_home
from gridpulse_platform.settings import DEFAULT_ZONES, PlatformSettings
from gridpulse_servicekit.settings import ServiceSettingsError


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformSettings:
    """Settings with free ports."""
    for name in PlatformSettings.model_fields:
        if name.endswith("_port"):
            monkeypatch.setenv(f"GRIDPULSE_PLATFORM_{name.upper()}", str(free_port()))
    monkeypatch.setenv("GRIDPULSE_PLATFORM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRIDPULSE_PLATFORM_REQUIRED_MEMORY_MB", "100")
    monkeypatch.delenv("ELECTRICITY_MAPS_TOKEN", raising=False)
    return PlatformSettings.load()


@pytest.fixture
def server() -> Generator[socket.socket]:
    """Somebody who listens."""
    with socket.create_server((LOOPBACK, free_port())) as listening:
        yield listening


def changed(settings: PlatformSettings, **changes: object) -> PlatformSettings:
    return settings.model_copy(update=changes)


def test_a_machine_with_everything_passes(settings: PlatformSettings) -> None:
    check_machine(settings)


def test_a_taken_port_is_named_with_who_holds_it_and_the_variable(
    settings: PlatformSettings, server: socket.socket
) -> None:
    port = server.getsockname()[1]
    with pytest.raises(PreflightError) as caught:
        check_machine(changed(settings, cassandra_port=port))
    message = str(caught.value)
    assert f"Port {port} is taken by process {os.getpid()} " in message
    assert "GRIDPULSE_PLATFORM_CASSANDRA_PORT" in message


def test_the_port_of_the_standin_matters_only_with_the_standin(
    settings: PlatformSettings, server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELECTRICITY_MAPS_TOKEN", "a-token")
    real = PlatformSettings.load()
    check_machine(changed(real, standin_port=server.getsockname()[1]))
    assert "a-token" not in repr(real)
    assert real.data_directory != settings.data_directory


def test_one_port_for_two_parts_is_refused(settings: PlatformSettings) -> None:
    with pytest.raises(PreflightError, match=r"asked for twice: change GRIDPULSE_PLATFORM_STREAMING_PORT or GRID"):
        check_machine(changed(settings, streaming_port=settings.query_api_port))


def test_missing_java_and_maven_are_named_with_the_command_that_installs_them(
    settings: PlatformSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PreflightError) as caught:
        check_machine(settings)
    assert "Java 17 is not installed: `apt-get install openjdk-17-" in str(caught.value)
    assert "Maven is not installed: `apt-get install maven`" in str(caught.value)


def test_another_java_is_refused_with_its_version(
    settings: PlatformSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.2\" 2024-01-16' >&2\n", encoding="utf-8")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(PreflightError, match=rf"Java 17 is needed .*{java} is 21"):
        check_machine(settings)


def test_too_little_memory_is_refused_with_the_variable(settings: PlatformSettings) -> None:
    with pytest.raises(PreflightError, match="GRIDPULSE_PLATFORM_REQUIRED_MEMORY_MB=0"):
        check_machine(changed(settings, required_memory_mb=10**9))


def test_spark_gets_the_java_of_the_engines() -> None:
    assert (Path(java_home()) / "bin" / "java").is_file()


def test_settings_know_their_zones_and_refuse_typing_errors(
    settings: PlatformSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.zones == DEFAULT_ZONES
    monkeypatch.setenv("GRIDPULSE_PLATFORM_ZONES", "de, FR,de")
    assert PlatformSettings.load().zones == ("DE", "FR")
    monkeypatch.setenv("GRIDPULSE_PLATFORM_ZONES", "DE,XX")
    with pytest.raises(ServiceSettingsError, match="XX"):
        PlatformSettings.load()
    monkeypatch.delenv("GRIDPULSE_PLATFORM_ZONES")
    monkeypatch.setenv("GRIDPULSE_PLATFORM_KAFKA_PROT", "1")
    with pytest.raises(ServiceSettingsError, match="KAFKA_PORT meant"):
        PlatformSettings.load()


def test_a_second_run_in_a_folder_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with hold_home(tmp_path):
        with pytest.raises(AlreadyRunningError, match=f"process {os.getpid()}"), hold_home(tmp_path):
            pytest.fail("two runs hold one folder")
        with pytest.raises(AlreadyRunningError):
            wipe(tmp_path)
    with hold_home(tmp_path):
        pass


def test_wiping_keeps_the_packages(tmp_path: Path) -> None:
    for name in ("jars", "data", "logs"):
        (tmp_path / name).mkdir()
    wipe(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["jars", "run.lock"]


def test_the_command_line_ends_with_a_sentence_and_its_code(settings: PlatformSettings) -> None:
    def ended(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "gridpulse_platform", *arguments]
        done = run(command, check=False, capture_output=True, text=True)
        return done.returncode, done.stderr

    code, complaint = ended("run", "--zones", "DE,ATLANTIS")
    assert (code, "ATLANTIS" in complaint, "Traceback" in complaint) == (2, True, False)
    with hold_home(settings.home):
        code, complaint = ended("clean-data")
    assert (code, "runs already" in complaint, "Traceback" in complaint) == (1, True, False)
