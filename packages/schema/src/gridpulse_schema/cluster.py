"""A session with a Cassandra cluster: explicit timeouts, and patience with a cluster that is still starting."""

import importlib
import logging
import ssl
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, cast

from gridpulse_schema.errors import ClusterUnavailableError, InvalidParameterError

__all__ = ["NOT_ALLOWED", "NO_NODE", "SERVER_REFUSALS", "Session", "open_session"]

_log = logging.getLogger(__name__)
# The driver has no type information: it enters here, as Any, and leaves as the Protocol below.
_driver: Final[Any] = importlib.import_module("cassandra.cluster")
_policies: Final[Any] = importlib.import_module("cassandra.policies")
_protocol: Final[Any] = importlib.import_module("cassandra.protocol")
_auth: Final[Any] = importlib.import_module("cassandra.auth")
_cassandra: Final[Any] = importlib.import_module("cassandra")

SERVER_REFUSALS: Final = cast(
    "tuple[type[Exception], ...]", (_cassandra.InvalidRequest, _protocol.ConfigurationException)
)
"""What the driver raises when a node finds a statement wrong: for example, of a table that it does not know."""
NO_NODE: Final = cast("type[Exception]", _driver.NoHostAvailable)
"""What it raises when no node took a statement."""
NOT_ALLOWED: Final = cast("type[Exception]", _cassandra.Unauthorized)
"""What it raises when the session's role lacks a right."""

_CONNECT_TIMEOUT_SECONDS: Final = 5.0
_REQUEST_TIMEOUT_SECONDS: Final = 30.0
_SCHEMA_AGREEMENT_TIMEOUT_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.5
_NOT_TRUSTED: Final = (
    "CERTIFICATE_VERIFY_FAILED"  # the driver makes an OSError with this text of the ssl module's error
)


class Session(Protocol):
    """The part of `cassandra.cluster.Session` that this package uses."""

    def execute(self, query: Any, parameters: Any = None, /) -> Any:
        """Run one statement and return its rows."""
        ...


@contextmanager
def open_session(
    contact_points: Sequence[str],
    *,
    port: int = 9042,
    local_datacenter: str = "dc1",
    username: str = "",
    password: str = "",
    ssl_ca_file: Path | None = None,
    ssl_server_name: str = "",
    wait_seconds: float = 120.0,
) -> Generator[Session]:
    """A session at LOCAL_QUORUM, closed on exit; tries until `wait_seconds` have passed.

    `ssl_ca_file` (PEM) means TLS, with a check that the certificate is for `ssl_server_name`, else for the node's own
    address. Raises ClusterUnavailableError when no node answered by then, or at once when the credentials are refused
    or a certificate can't be trusted.
    """
    encryption = _encryption(ssl_ca_file, ssl_server_name)
    deadline = time.monotonic() + wait_seconds
    while True:
        cluster = _cluster(contact_points, port, local_datacenter, username, password, encryption)
        try:
            session = cluster.connect()
            break
        except _driver.NoHostAvailable as error:
            cluster.shutdown()
            causes = list(cast("dict[object, Exception]", error.errors).values())
            if any(isinstance(cause, _cassandra.AuthenticationFailed) for cause in causes):
                raise ClusterUnavailableError(f"Cassandra refuses the credentials of user {username!r}.") from error
            for cause in causes:
                if _NOT_TRUSTED in str(cause):
                    raise ClusterUnavailableError(f"Cassandra's certificate is not trusted: {cause}.") from error
            if time.monotonic() >= deadline:
                where = ", ".join(contact_points)
                raise ClusterUnavailableError(
                    f"No Cassandra node of data centre {local_datacenter!r} answered at {where} port {port} "
                    f"within {wait_seconds:.0f} s; last: {causes[-1] if causes else error}."
                ) from error
            _log.info("Cassandra does not answer yet at port %d; trying again", port)
            time.sleep(_PAUSE_SECONDS)
    try:
        yield cast("Session", session)
    finally:
        cluster.shutdown()


def _encryption(ca_file: Path | None, server_name: str) -> dict[str, Any]:
    if ca_file is None:
        return {}
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise InvalidParameterError(f"{ca_file} holds no CA certificates: {error}") from None
    return {"ssl_context": context, "ssl_options": {"server_hostname": server_name} if server_name else None}


def _cluster(
    contact_points: Sequence[str],
    port: int,
    local_datacenter: str,
    username: str,
    password: str,
    encryption: Mapping[str, Any],
) -> Any:
    profile = _driver.ExecutionProfile(
        load_balancing_policy=_policies.DCAwareRoundRobinPolicy(local_dc=local_datacenter),
        consistency_level=_cassandra.ConsistencyLevel.LOCAL_QUORUM,
        request_timeout=_REQUEST_TIMEOUT_SECONDS,
    )
    return _driver.Cluster(
        contact_points=list(contact_points),
        port=port,
        auth_provider=_auth.PlainTextAuthProvider(username, password) if username else None,
        execution_profiles={_driver.EXEC_PROFILE_DEFAULT: profile},
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        control_connection_timeout=_CONNECT_TIMEOUT_SECONDS,
        max_schema_agreement_wait=_SCHEMA_AGREEMENT_TIMEOUT_SECONDS,
        **encryption,
    )
