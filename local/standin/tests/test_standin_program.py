"""The program itself: starts from the environment, serves, and stops cleanly on SIGTERM."""

import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serves_in_the_past_and_exits_with_zero(number: signal.Signals) -> None:
    port = free_port()
    environment = os.environ | {
        "GRIDPULSE_STANDIN_PORT": str(port),
        "GRIDPULSE_STANDIN_DAYS_BEFORE_NOW": "2",
        "GRIDPULSE_STANDIN_SPEED": "1440",
    }
    with subprocess.Popen([sys.executable, "-m", "gridpulse_standin"], env=environment) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                deadline = time.monotonic() + 60
                while True:
                    try:
                        clock = client.get("/_standin/clock").json()
                        break
                    except httpx.TransportError:
                        assert process.poll() is None
                        assert time.monotonic() < deadline
                        time.sleep(0.05)
                assert clock["now"] < clock["real"]
                assert clock["speed"] == 1440
                rows = client.get("/v4/power-breakdown/history?zone=NO", headers={"auth-token": "standin-all"})
                assert len(rows.json()["history"]) == 24
                assert "server" not in rows.headers
            process.send_signal(number)
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()


def test_a_wrong_setting_stops_the_start() -> None:
    environment = os.environ | {"GRIDPULSE_STANDIN_SPEED": "fast"}
    run = subprocess.run(
        [sys.executable, "-m", "gridpulse_standin"], env=environment, capture_output=True, timeout=60, check=False
    )
    assert run.returncode != 0
    assert b"speed" in run.stderr
