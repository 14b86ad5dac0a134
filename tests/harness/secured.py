"""Engines as a cluster has them: TLS, logins, and rights for what each client does and nothing else."""

import asyncio
import secrets
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest

from gridpulse_contract.models import EVENT_MODELS, DeadLetter
from gridpulse_platform import CassandraNode, KafkaBroker, free_port
from harness.certificates import Authority

__all__ = ["CLIENTS", "SecuredBroker", "SecuredNode"]

# Numbers of Kafka's protocol.
_TOPIC, _GROUP = 2, 3
_LITERAL, _PREFIXED = 3, 4
_ALLOW: Final = 3
_READ, _WRITE, _DESCRIBE, _DESCRIBE_CONFIGS = 3, 4, 8, 10

_EVENTS: Final = tuple(model.topic for model in EVENT_MODELS.values())
_ALL_TOPICS: Final = (*_EVENTS, DeadLetter.topic)


class Right(NamedTuple):
    """What a client may do with something of Kafka's."""

    kind: int
    names: Sequence[str]
    pattern: int
    operations: Sequence[int]


CLIENTS: Final[Mapping[str, Sequence[Right]]] = {
    "ingester": [Right(_TOPIC, _ALL_TOPICS, _LITERAL, (_DESCRIBE, _READ, _WRITE))],  # it reads what it has sent before
    "streaming": [
        Right(_TOPIC, _EVENTS, _LITERAL, (_DESCRIBE, _READ)),
        Right(_TOPIC, [DeadLetter.topic], _LITERAL, (_DESCRIBE, _WRITE)),
        Right(_GROUP, ["gridpulse-stream-to-cassandra"], _PREFIXED, (_READ,)),
    ],
    "archive": [
        Right(_TOPIC, _ALL_TOPICS, _LITERAL, (_DESCRIBE, _DESCRIBE_CONFIGS, _READ)),
        Right(_GROUP, ["gridpulse-archive-to-parquet"], _PREFIXED, (_READ,)),
    ],
}
"""Rights of each client of Kafka; whoever is not named has none."""


class SecuredBroker(KafkaBroker):
    """A broker with a SASL_SSL listener for clients (`secured_servers`). The plain one is the administrator's."""

    def __init__(self, home: Path, authority: Authority) -> None:
        super().__init__(home)
        self._authority = authority
        self._secured_port = free_port()
        self._passwords = {client: secrets.token_hex(16) for client in CLIENTS}

    @property
    def secured_servers(self) -> str:
        """The address for clients that log in."""
        return f"127.0.0.1:{self._secured_port}"

    def login(self, client: str) -> dict[str, str]:
        """Settings of one of CLIENTS, named without their prefix."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.secured_servers,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_USERNAME": client,
            "KAFKA_SASL_PASSWORD": self._passwords[client],
            "KAFKA_SSL_CA_FILE": str(self._authority.ca_file),
        }

    def grant(self) -> None:
        """Give every client its rights, and nothing else to anybody."""
        asyncio.run(_grant(self.bootstrap_servers))

    def _ports(self) -> Sequence[int]:
        return (*super()._ports(), self._secured_port)

    def _properties(self) -> dict[str, str | int]:
        plain = super()._properties()
        own = "listener.name.clients"
        return {
            **plain,
            "listeners": f"{plain['listeners']},CLIENTS://{self.secured_servers}",
            "advertised.listeners": f"{plain['advertised.listeners']},CLIENTS://{self.secured_servers}",
            "listener.security.protocol.map": f"{plain['listener.security.protocol.map']},CLIENTS:SASL_SSL",
            f"{own}.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            f"{own}.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            f"{own}.ssl.keystore.type": "PEM",
            f"{own}.ssl.keystore.location": str(self._authority.pem("kafka")),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }

    def _format_options(self) -> Sequence[str]:
        return [
            f"--add-scram=SCRAM-SHA-512=[name={client},password={password}]"
            for client, password in self._passwords.items()
        ]


async def _grant(bootstrap_servers: str) -> None:
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        for client, rights in CLIENTS.items():
            for kind, name, pattern, operation in _single(rights):
                request = CreateAclsRequest(kind, name, pattern, f"User:{client}", "*", operation, _ALLOW)
                answer = (await admin._send_request(request)).to_object()  # it has no method for rights
                refused = [one for one in answer["creation_responses"] if one["error_code"]]
                assert not refused, refused
    finally:
        await admin.close()


def _single(rights: Iterable[Right]) -> Iterable[tuple[int, str, int, int]]:
    for right in rights:
        for name in right.names:
            for operation in right.operations:
                yield right.kind, name, right.pattern, operation


class SecuredNode(CassandraNode):
    """A node that speaks TLS alone and knows its users; at first there is only Cassandra's own `cassandra`."""

    def __init__(self, home: Path, authority: Authority) -> None:
        super().__init__(home)
        self._authority = authority

    def _settings(self) -> dict[str, Any]:
        return {
            **super()._settings(),
            "authenticator": "PasswordAuthenticator",
            "authorizer": "CassandraAuthorizer",
            "role_manager": "CassandraRoleManager",
            "client_encryption_options": {
                "enabled": True,
                "optional": False,
                "keystore": str(self._authority.keystore("cassandra")),
                "keystore_password": self._authority.password,
                "store_type": "PKCS12",
                "require_client_auth": False,
            },
        }

    def _command(self) -> Sequence[str]:
        java, *options = super()._command()
        # Alone, it need not wait for others that may have made the first user.
        return [java, "-Dcassandra.superuser_setup_delay_ms=0", *options]

    def _connect(self) -> socket.socket:
        context = ssl.create_default_context(cafile=self._authority.ca_file)
        return context.wrap_socket(super()._connect(), server_hostname="127.0.0.1")
