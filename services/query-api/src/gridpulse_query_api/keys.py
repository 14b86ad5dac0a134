"""API keys: who may ask, known by the SHA-256 of what they send (docs/decisions/api-keys.md).

The file of keys, from a Kubernetes Secret for example, holds no key:

    {"keys": [{"name": "grafana", "sha256": "<64 hexadecimal digits>", "requests_per_minute": 600}]}
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gridpulse_servicekit.settings import sentences

__all__ = ["NAME_PATTERN", "ApiKey", "ApiKeys", "InvalidKeysError", "NewKey", "make_key", "parse_keys"]

NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"
_RANDOM_BYTES: Final = 32
_PREFIX: Final = "gridpulse_"  # by which scanners for leaked secrets, and people, know what it is


class InvalidKeysError(Exception):
    """A text that is no file of keys; says why, one sentence a line, without the values."""


class ApiKey(BaseModel):
    """One client: its name, the hash of its key, and how often it may ask."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=NAME_PATTERN)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    """None: what the settings say."""


class _KeysFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    keys: tuple[ApiKey, ...]

    @model_validator(mode="after")
    def _each_is_there_once(self) -> Self:
        for what, values in (
            ("name", [key.name for key in self.keys]),
            ("sha256", [key.sha256 for key in self.keys]),
        ):
            if len(set(values)) != len(values):
                raise ValueError(f"two keys have the same {what}")
        return self


class ApiKeys:
    """The keys that are valid now."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self.keys: Final = tuple(keys)
        self._digests: Final = [(bytes.fromhex(key.sha256), key) for key in self.keys]

    def find(self, sent: bytes) -> ApiKey | None:
        """Whose key this is; takes the same time whichever it is, and whether it is one."""
        digest = hashlib.sha256(sent).digest()
        found: ApiKey | None = None
        for known, key in self._digests:
            if hmac.compare_digest(known, digest):
                found = key
        return found


def parse_keys(text: bytes) -> ApiKeys:
    """The keys of a file. Raises InvalidKeysError."""
    try:
        return ApiKeys(_KeysFile.model_validate_json(text).keys)
    except ValidationError as error:
        raise InvalidKeysError("\n".join(sentences(error))) from None


class NewKey(NamedTuple):
    """What goes to the client, and what goes to the file."""

    key: str
    entry: dict[str, Any]


def make_key(name: str, requests_per_minute: int | None) -> NewKey:
    """A key of 256 random bits. Raises InvalidKeysError where the name or the limit can't be right."""
    key = _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    sha256 = hashlib.sha256(key.encode()).hexdigest()
    try:
        made = ApiKey(name=name, sha256=sha256, requests_per_minute=requests_per_minute)
    except ValidationError as error:
        raise InvalidKeysError("\n".join(sentences(error))) from None
    return NewKey(key, made.model_dump(exclude_none=True))
