"""Ports are free, and stay so until who chose them uses them."""

import socket
import sys
from pathlib import Path
from subprocess import PIPE, Popen, check_output
from typing import Final

import pytest

from gridpulse_platform.ports import LOOPBACK, free_port, is_free

CHOOSER: Final = """
from gridpulse_platform import free_port
print(free_port(), free_port(), free_port())
"""

# Chooses two of the ports it is told, says which, and has them until its input ends.
OTHER: Final = """
import sys
from gridpulse_platform import free_port
among = [int(port) for port in sys.argv[1:]]
print(free_port(among), free_port(among), flush=True)
sys.stdin.read()
"""


def test_a_port_is_outside_the_range_of_outgoing_connections() -> None:
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    assert free_port() < low


def test_a_port_where_somebody_listens_is_not_free() -> None:
    with socket.create_server((LOOPBACK, free_port())) as listening:
        port = listening.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(OSError, match=f"none of the ports .*{port}"):
            free_port([port])


def test_a_chosen_port_is_nobody_elses_until_who_chose_it_ends() -> None:
    chosen = check_output([sys.executable, "-c", CHOOSER], text=True)
    three = [int(port) for port in chosen.split()]
    with Popen([sys.executable, "-c", OTHER, *map(str, three)], stdin=PIPE, stdout=PIPE, text=True) as other:
        assert other.stdout
        theirs = {int(port) for port in other.stdout.readline().split()}
        ours = free_port(three)
        assert {ours, *theirs} == set(three)
        assert all(map(is_free, three))
        with pytest.raises(OSError, match="none of the ports"):
            free_port(three)
        other.kill()
    assert {free_port(three), free_port(three)} == theirs
