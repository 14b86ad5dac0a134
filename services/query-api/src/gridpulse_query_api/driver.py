"""The border to cassandra-driver, which has no type information: it enters here as Any and leaves typed."""

import importlib
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol, cast

from gridpulse_query_api.errors import StoreError, StoreTimeoutError, StoreUnavailableError
from gridpulse_query_api.rows import Page
from gridpulse_query_api.settings import QueryApiSettings

__all__ = ["Connection", "Fetch", "PreparedStatement", "Session", "as_store_error", "connect"]

_cassandra: Final[Any] = importlib.import_module("cassandra")
_auth: Final[Any] = importlib.import_module("cassandra.auth")
_cluster: Final[Any] = importlib.import_module("cassandra.cluster")
_connection: Final[Any] = importlib.import_module("cassandra.connection")
_policies: Final[Any] = importlib.import_module("cassandra.policies")
_protocol: Final[Any] = importlib.import_module("cassandra.protocol")

_PROTOCOL_VERSION: Final = 5  # what Cassandra 4.0 and later speak; else the driver tries newer ones first, and warns
_FETCH_SIZE: Final = 1000  # rows to a page, which is also how long the event loop decodes at a stretch
_FIRST_RECONNECT_SECONDS: Final = 0.25

PreparedStatement = Any


class Fetch(Protocol):
    """The part of `cassandra.cluster.ResponseFuture` that this package uses. Callbacks run in the driver's thread."""

    @property
    def has_more_pages(self) -> bool:
        """Whether pages follow the one that arrived."""
        ...

    def add_callbacks(self, callback: Callable[[Page], None], errback: Callable[[Exception], None]) -> None:
        """Call one of the two for every page."""
        ...

    def start_fetching_next_page(self) -> None:
        """Ask for the next page, which goes to the same callbacks."""
        ...


class Session(Protocol):
    """The part of `cassandra.cluster.Session` that this package uses."""

    def prepare(self, query: str) -> PreparedStatement:
        """Prepare a statement on the cluster; blocks."""
        ...

    def execute_async(self, query: PreparedStatement, parameters: Sequence[object]) -> Fetch:
        """Start a read; never blocks."""
        ...


class _PageMessage(_protocol.ResultMessage):
    """A result whose rows stay bytes."""

    def recv_results_rows(self, f: Any, _protocol_version: Any, user_types: Any, *_: Any) -> None:
        message: Any = self
        message.recv_results_metadata(f, user_types)
        message.column_names = ()
        message.parsed_rows = Page(_protocol.read_int(f), f.read())


class _PageHandler(_protocol._ProtocolHandler):  # what the driver documents as the class to derive from
    message_types_by_opcode: Final[dict[int, Any]] = {
        **_protocol.ProtocolHandler.message_types_by_opcode,
        _PageMessage.opcode: _PageMessage,
    }


def _page(_: object, page: Page) -> Page:
    return page


class Connection(NamedTuple):
    """A session and what it takes to end it."""

    session: Session
    shutdown: Callable[[], None]
    """Close every connection; blocks."""


def connect(settings: QueryApiSettings) -> Connection:
    """Reach the cluster; blocks. The session gives a `Page` for each page of a result.

    Raises the driver's NoHostAvailable where no node of the data centre answers within the timeouts, or none has a
    certificate that can be trusted, and OSError where the CA certificates are none.
    """
    profile = _cluster.ExecutionProfile(
        load_balancing_policy=_policies.TokenAwarePolicy(
            _policies.DCAwareRoundRobinPolicy(local_dc=settings.cassandra_local_datacenter)
        ),
        consistency_level=getattr(_cassandra.ConsistencyLevel, settings.cassandra_consistency),
        request_timeout=settings.cassandra_timeout_seconds,
        row_factory=_page,
    )
    username = settings.cassandra_username
    password = settings.cassandra_password.get_secret_value()
    cluster = _cluster.Cluster(
        contact_points=list(settings.cassandra_contact_points),
        port=settings.cassandra_port,
        protocol_version=_PROTOCOL_VERSION,
        auth_provider=_auth.PlainTextAuthProvider(username, password) if username else None,
        ssl_context=ssl.create_default_context(cafile=settings.cassandra_ssl_ca_file)
        if settings.cassandra_ssl_ca_file
        else None,
        # Without a name the driver checks the address, since it knows other nodes by nothing else.
        ssl_options={"server_hostname": settings.cassandra_ssl_server_name}
        if settings.cassandra_ssl_ca_file and settings.cassandra_ssl_server_name
        else None,
        execution_profiles={_cluster.EXEC_PROFILE_DEFAULT: profile},
        connect_timeout=settings.cassandra_connect_timeout_seconds,
        control_connection_timeout=settings.cassandra_timeout_seconds,
        reconnection_policy=_policies.ExponentialReconnectionPolicy(
            min(_FIRST_RECONNECT_SECONDS, settings.cassandra_reconnect_seconds),
            settings.cassandra_reconnect_seconds,
            max_attempts=None,
        ),
    )
    try:
        session = cluster.connect()
    except BaseException:
        cluster.shutdown()
        raise
    session.client_protocol_handler = _PageHandler
    session.default_fetch_size = _FETCH_SIZE
    return Connection(cast("Session", session), cluster.shutdown)


_TIMEOUTS: Final = (_cassandra.OperationTimedOut, _cassandra.ReadTimeout)
_UNAVAILABLE: Final = (
    _cluster.NoHostAvailable,
    _cassandra.RequestExecutionException,
    _connection.ConnectionException,
    _protocol.OverloadedErrorMessage,
    _protocol.IsBootstrappingErrorMessage,
    _protocol.ServerError,
)


def as_store_error(error: Exception) -> StoreError | None:
    """What an error of the driver means to a caller; None where it is a fault of this program or of the schema."""
    if isinstance(error, _TIMEOUTS):
        return StoreTimeoutError("Cassandra did not answer in time. Ask again soon, or for a shorter range.")
    if isinstance(error, _UNAVAILABLE):
        return StoreUnavailableError("Cassandra can't be reached or lacks replicas. Ask again in a few seconds.")
    return None
