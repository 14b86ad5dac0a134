"""TCP ports on the loopback interface."""

import random
import socket
from typing import Final, cast

import psutil

__all__ = ["LOOPBACK", "free_port", "is_free", "listener"]

LOOPBACK: Final = "127.0.0.1"
# Below the range from which Linux takes ports for outgoing connections: one of those could otherwise sit on the port
# of an engine that was killed and is about to start again.
_CHOICE: Final = range(20_000, 32_768)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: lingering connections do not count
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that is free now, and that no outgoing connection will take."""
    candidates = random.SystemRandom().sample(_CHOICE, len(_CHOICE))
    return next(port for port in candidates if is_free(port))


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
