"""Plain HTTP to the parts on this machine: `httpx`'s functions without proxy and TLS, a connection for each request.

For a client that is not told so, httpx reads every certificate that the machine trusts: 30 ms of processor for nothing,
at each question whether a part is ready.
"""

import ssl
from typing import Final

import httpx

__all__ = ["answers", "delete", "get", "post"]

_ANSWER_TIMEOUT_SECONDS: Final = 2.0
_CLIENT: Final = httpx.Client(
    trust_env=False,
    verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    # Parts are stopped and killed: no question may find the connection of a process that is gone.
    limits=httpx.Limits(max_keepalive_connections=0),
)

get: Final = _CLIENT.get
post: Final = _CLIENT.post
delete: Final = _CLIENT.delete


def answers(url: str) -> bool:
    """Whether a part answers 200 to a GET within two seconds."""
    try:
        return get(url, timeout=_ANSWER_TIMEOUT_SECONDS).status_code == 200
    except httpx.TransportError:
        return False
