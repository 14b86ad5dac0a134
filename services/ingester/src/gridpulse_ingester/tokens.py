"""Which token goes with which zone: one for all, or one per zone from a mounted file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from gridpulse_ingester.errors import ConfigurationError
from gridpulse_ingester.settings import ZONE_PATTERN, IngesterSettings
from gridpulse_servicekit.settings import sentences

__all__ = ["DEFAULT_HOLDER", "Tokens", "load_tokens", "read_tokens_file"]

DEFAULT_HOLDER: Final = "default"
_FORM: Final = '[{"id": ..., "headers": {"zone": ...}, "params": {"auth-token": ...}}]'


def _is_zone(zone: str) -> str:
    if not ZONE_PATTERN.fullmatch(zone):
        raise ValueError("not a zone key: capital letters, digits and hyphens, like DE or IT-NO")
    return zone


def _is_header_value(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if not text or not text.isascii() or not text.isprintable() or text != text.strip():
        raise ValueError("empty, or with characters that no token has")
    return token


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Headers(_Strict):
    zone: Annotated[str, AfterValidator(_is_zone)]


class _Parameters(_Strict):
    auth_token: Annotated[SecretStr, AfterValidator(_is_header_value), Field(alias="auth-token")]


class _Entry(_Strict):
    id: str | int
    headers: _Headers
    params: _Parameters


_ENTRIES: Final = TypeAdapter(list[_Entry])


@dataclass(frozen=True)
class Tokens:
    """Tokens by zone, and the one for all others; their text shows in no log."""

    default: SecretStr | None = None
    by_zone: Mapping[str, SecretStr] = field(default_factory=dict[str, SecretStr])

    def holder(self, zone: str) -> str:
        """Who the zone's quota belongs to: the zone itself, or all that share the one token."""
        return zone if zone in self.by_zone else DEFAULT_HOLDER

    def token(self, zone: str) -> str:
        """The token's text for the header. Raises ConfigurationError where there is none."""
        secret = self.by_zone.get(zone, self.default)
        if secret is None:
            raise ConfigurationError(
                f"No token for zone {zone}: set GRIDPULSE_INGESTER_API_TOKEN, or add the zone to the tokens file."
            )
        return secret.get_secret_value()


def read_tokens_file(path: Path) -> dict[str, SecretStr]:
    """Tokens by zone from a JSON file of the form `_FORM`. Raises ConfigurationError saying what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The tokens file {path} can not be read: {error}") from None
    try:
        document = json.loads(text)
    except ValueError as error:
        # the error's own text is safe: it names a position, never the content
        raise ConfigurationError(f"The tokens file {path} is not JSON: {error}") from None
    try:
        entries = _ENTRIES.validate_python(document)
    except ValidationError as error:
        found = "; ".join(sentences(error))
        raise ConfigurationError(f"The tokens file {path} has to be of the form {_FORM}: {found}") from None
    if not entries:
        raise ConfigurationError(f"The tokens file {path} names no zone.")
    tokens: dict[str, SecretStr] = {}
    for entry in entries:
        if entry.headers.zone in tokens:
            raise ConfigurationError(f"The tokens file {path} names zone {entry.headers.zone} twice.")
        tokens[entry.headers.zone] = entry.params.auth_token
    return tokens


def load_tokens(settings: IngesterSettings) -> tuple[Tokens, tuple[str, ...]]:
    """The tokens and the zones to collect. Raises ConfigurationError where a zone would have no token."""
    by_zone = read_tokens_file(settings.tokens_file) if settings.tokens_file else {}
    if settings.api_token is not None:
        try:
            _is_header_value(settings.api_token)
        except ValueError as error:
            raise ConfigurationError(f"GRIDPULSE_INGESTER_API_TOKEN: {error}") from None
    tokens = Tokens(default=settings.api_token, by_zone=by_zone)
    zones = settings.zones or tuple(by_zone)
    if not zones:
        raise ConfigurationError("No zone to collect: set GRIDPULSE_INGESTER_ZONES, or GRIDPULSE_INGESTER_TOKENS_FILE.")
    for zone in zones:
        tokens.token(zone)
    return tokens, zones
