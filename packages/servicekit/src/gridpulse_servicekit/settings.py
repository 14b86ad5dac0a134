"""Settings: the environment, read once, refused with a sentence where it is wrong.

ServiceSettingsError  the environment does not describe a working program; only an operator can help
"""

import os
import re
from difflib import get_close_matches
from typing import Any, Final, Self, cast

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

__all__ = ["ServiceSettings", "ServiceSettingsError", "sentences"]

# Kubernetes adds these to every pod for each Service of its namespace; no operator wrote them.
_SERVICE_LINK_NAME: Final = re.compile(r"_SERVICE_(HOST|PORT)(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$")
_SERVICE_LINK_VALUE: Final = re.compile(r"(tcp|udp|sctp)://")


class ServiceSettingsError(Exception):
    """What is wrong with the environment, one sentence a line, never with the value of a secret."""


class ServiceSettings(BaseSettings):
    """Base of a program's one settings class: frozen, with its own `env_prefix`, unknown names refused."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, env_ignore_empty=True)

    @classmethod
    def load(cls) -> Self:
        """Settings from the environment. Raises ServiceSettingsError naming every variable that is wrong."""
        try:
            settings = cls()
        except ValidationError as error:
            prefix = cls.model_config.get("env_prefix", "")
            raise ServiceSettingsError("\n".join(sentences(error, prefix))) from None
        except SettingsError as error:
            raise ServiceSettingsError(str(error)) from None
        cls._refuse_unknown_variables()
        return settings

    @classmethod
    def _refuse_unknown_variables(cls) -> None:
        """pydantic-settings does not look at variables that it has no field for, so a typing error would pass."""
        prefix = cls.model_config.get("env_prefix", "").upper()
        if not prefix:
            return
        known = {prefix + name.upper() for name in cls.model_fields}
        nested = tuple(f"{name}__" for name in known)
        complaints: list[str] = []
        for variable, value in sorted(os.environ.items()):
            if not variable.upper().startswith(prefix) or variable.upper() in known:
                continue
            if _SERVICE_LINK_NAME.search(variable.upper()) or _SERVICE_LINK_VALUE.match(value):
                continue
            if variable.upper().startswith(nested):
                continue
            close = get_close_matches(variable.upper(), known, n=1)
            complaints.append(f"{variable} is not a setting" + (f": is {close[0]} meant?" if close else "."))
        if complaints:
            raise ServiceSettingsError("\n".join(complaints))

    def for_log(self) -> dict[str, Any]:
        """All settings as JSON values, every SecretStr masked: what a program logs when it starts."""
        return self.model_dump(mode="json")

    @classmethod
    def describe(cls) -> str:
        """The environment variables with defaults and meaning, one a line, for `--help`."""
        prefix = cls.model_config.get("env_prefix", "")
        lines: list[str] = []
        for name, field in cls.model_fields.items():
            default = "required" if field.is_required() else f"default {_plain(field.default)}"
            lines.append(f"  {(prefix + name).upper()} ({default})\n      {field.description or ''}")
        return "\n".join(lines)


def _plain(value: Any) -> str:
    if value in (None, "", ()):
        return "none"
    if isinstance(value, tuple):
        return ",".join(str(member) for member in cast("tuple[object, ...]", value))
    return str(value)


def sentences(error: ValidationError, prefix: str = "") -> list[str]:
    """What a validation found, one sentence a finding, without the values (which may be secrets)."""
    found: list[str] = []
    for finding in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(part) for part in finding["loc"])
        name = f"{prefix}{place}".upper() if prefix and place else place
        message = finding["msg"].removeprefix("Value error, ")
        found.append(f"{name}: {message}" if name else message)
    return found
