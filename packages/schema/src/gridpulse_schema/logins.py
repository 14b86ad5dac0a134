"""Logins of the clients, each with the rights that it needs and no more: made with the schema, by who may do so."""

import re
import time
from dataclasses import dataclass, field
from typing import Final, Literal

from gridpulse_schema.cluster import NO_NODE, NOT_ALLOWED, SERVER_REFUSALS, Session
from gridpulse_schema.errors import ClusterUnavailableError, InvalidParameterError, RefusedError

__all__ = ["RIGHTS", "Login", "grant_login"]

RIGHTS: Final = {"reader": ("SELECT",), "writer": ("SELECT", "MODIFY")}
"""Kind of client -> permissions on the keyspace. The query API reads, Spark's jobs read and write."""
_EVERY_RIGHT: Final = tuple(dict.fromkeys(right for rights in RIGHTS.values() for right in rights))
_CHANGE_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.5
_USERNAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,48}")


@dataclass(frozen=True)
class Login:
    """A role of Cassandra."""

    kind: Literal["reader", "writer"]
    username: str
    password: str = field(repr=False)


def grant_login(session: Session, login: Login, *, keyspace: str) -> None:
    """Make the role if it is missing, give it this password, and let it do in `keyspace` what its kind may do.

    The session's own role must not be the one named. Raises InvalidParameterError for a user name or a password that
    can't be right, RefusedError where the cluster keeps no logins or this session may not make them,
    ClusterUnavailableError where no node takes it.
    """
    if _USERNAME.fullmatch(login.username) is None:
        raise InvalidParameterError(
            f"{login.username!r} is no user name of a {login.kind}: letters, digits, dots, _ and -, at most 48."
        )
    if not login.password:
        raise InvalidParameterError(f"The {login.kind} {login.username} has no password.")
    role = f'"{login.username}"'
    try:
        # Nobody can log in as a role that was made without a word about it; and a password given now could not be
        # changed for some seconds.
        session.execute(f"CREATE ROLE IF NOT EXISTS {role}")
        _change(session, f"ALTER ROLE {role} WITH LOGIN = true AND PASSWORD = %s", login.password)
        for permission in _EVERY_RIGHT:
            what, to = ("GRANT", "TO") if permission in RIGHTS[login.kind] else ("REVOKE", "FROM")
            session.execute(f"{what} {permission} ON KEYSPACE {keyspace} {to} {role}")
    except (NOT_ALLOWED, *SERVER_REFUSALS) as error:
        raise RefusedError(f"The {login.kind} {login.username} can't be made: {error}") from error


def _change(session: Session, statement: str, password: str) -> None:
    """Also where the password was changed a moment ago: nodes do that every 5 s at most (Cassandra 5)."""
    deadline = time.monotonic() + _CHANGE_SECONDS
    while True:
        try:
            session.execute(statement, (password,))
        except NO_NODE as error:
            if time.monotonic() > deadline:
                raise ClusterUnavailableError(f"No node takes the change of a password: {error}") from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return
