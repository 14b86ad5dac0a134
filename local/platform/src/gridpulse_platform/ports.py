"""TCP ports on the loopback interface."""

import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, cast

import psutil

__all__ = ["LOOPBACK", "free_port", "is_free", "listener"]

LOOPBACK: Final = "127.0.0.1"
# Below the range from which Linux takes ports for outgoing connections: one of those could otherwise sit on the port
# of an engine that was killed and is about to start again. And below that of Kubernetes' node ports.
_CHOICE: Final = range(20_000, 30_000)

_OURS: Final[set[int]] = set()


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: lingering connections do not count
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(among: Sequence[int] = _CHOICE) -> int:
    """A port that is free now, and that no outgoing connection, nor another process that calls this, will take.

    It is this process' until it ends: an engine listens many seconds after its port was chosen, and of two programs
    that start engines one would now and then take what the other has in mind. Raises OSError where no port is left.
    """
    for port in random.SystemRandom().sample(among, len(among)):
        if is_free(port) and _reserve(port):
            return port
    raise OSError(f"none of the ports {among} is free")


def _reserve(port: int) -> bool:
    """Whether nobody has it: a lock on the byte of that number, which ends with the process however that ends."""
    if port in _OURS:
        return False
    try:
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _OURS.add(port)
    return True


@cache
def _reservations() -> int:
    """A file that all programs of this user share. It stays open: to close it would give all locks up."""
    path = Path(tempfile.gettempdir()) / f"gridpulse-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def listener(port: int) -> str:
    """The process that listens on this port, for a person: its name and pid, or that it cannot be known."""
    for connection in psutil.net_connections("tcp"):
        address = cast("tuple[str, int] | tuple[()]", connection.laddr)
        if connection.status == psutil.CONN_LISTEN and address[1:] == (port,) and connection.pid:
            try:
                command = " ".join(psutil.Process(connection.pid).cmdline())
            except psutil.Error:
                command = ""
            return f"process {connection.pid} ({command[:80] or 'unknown'})"
    return "a process of another user"
