"""Engines of this machine that the pods of a cluster reach: they listen on the address that pods know it by."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from gridpulse_platform import CassandraNode, KafkaBroker, free_port

__all__ = ["ReachableBroker", "ReachableNode"]

_TIMEOUT_SECONDS: Final = 2.0


class ReachableBroker(KafkaBroker):
    """A broker with a second listener at `address`, for pods."""

    def __init__(self, home: Path, address: str) -> None:
        super().__init__(home)
        self._address = address
        self._pods_port = free_port()

    @property
    def servers_for_pods(self) -> str:
        """The address for pods."""
        return f"{self._address}:{self._pods_port}"

    def _ports(self) -> Sequence[int]:
        return (*super()._ports(), self._pods_port)

    def _properties(self) -> dict[str, str | int]:
        plain = super()._properties()
        return {
            **plain,
            "listeners": f"{plain['listeners']},PODS://{self.servers_for_pods}",
            "advertised.listeners": f"{plain['advertised.listeners']},PODS://{self.servers_for_pods}",
            "listener.security.protocol.map": f"{plain['listener.security.protocol.map']},PODS:PLAINTEXT",
        }


class ReachableNode(CassandraNode):
    """A node whose clients find it at `address`."""

    def __init__(self, home: Path, address: str) -> None:
        super().__init__(home)
        self._address = address

    @property
    def contact_points(self) -> str:
        """The host for clients, pods or not."""
        return self._address

    def _settings(self) -> dict[str, Any]:
        return {**super()._settings(), "rpc_address": self._address}

    def _connect(self) -> socket.socket:
        return socket.create_connection((self._address, self.port), timeout=_TIMEOUT_SECONDS)
