"""The file of keys as it is now: Kubernetes replaces a mounted Secret while the program runs."""

from pathlib import Path
from typing import Final

import structlog

from gridpulse_query_api.keys import ApiKey, ApiKeys, InvalidKeysError, parse_keys
from gridpulse_query_api.metrics import Metrics

__all__ = ["KeysFile"]

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger(__name__)


class KeysFile:
    """The newest valid content of a file of keys. Raises InvalidKeysError where it has none at the start."""

    def __init__(self, path: Path, requests_per_minute: int, metrics: Metrics) -> None:
        """`requests_per_minute` is the limit of keys that have none of their own."""
        self._path = path
        self._requests_per_minute = requests_per_minute
        self._metrics = metrics
        self._seen: bytes | None = self._read()
        self.current: ApiKeys = self._parse(self._seen)

    def limit_of(self, key: ApiKey) -> int:
        """Requests a minute."""
        return key.requests_per_minute or self._requests_per_minute

    def refresh(self) -> None:
        """Look at the file again; where it can't be used, the keys stay as they are, and the log says why, once.

        By its bytes, not by its time: a Secret is exchanged by a link, and a few hundred bytes are soon read.
        """
        try:
            text: bytes | None = self._read()
        except InvalidKeysError as error:
            text, reason = None, error
        else:
            reason = None
        if text == self._seen:
            return
        self._seen = text
        if text is not None:
            try:
                self.current = self._parse(text)
            except InvalidKeysError as error:
                reason = error
        self._metrics.keys_file_valid.set(0 if reason else 1)
        if reason:
            _log.error("the file of API keys can't be used; the keys before it stay valid", reason=str(reason))
        else:
            _log.info("the file of API keys has changed", names=[key.name for key in self.current.keys])

    def _read(self) -> bytes:
        try:
            return self._path.read_bytes()
        except OSError as error:
            raise InvalidKeysError(f"{self._path} can't be read: {error.strerror}") from None

    def _parse(self, text: bytes) -> ApiKeys:
        try:
            return parse_keys(text)
        except InvalidKeysError as error:
            raise InvalidKeysError(f"{self._path} is no file of API keys: {error}") from None
