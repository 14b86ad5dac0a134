"""The lake's files, and the mark that says that they are ours."""

import logging
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from gridpulse_spark.errors import LakeError
from gridpulse_spark.files import Files
from gridpulse_spark.lake.layout import MARKER_NAME, MARKER_TEXT, STAGING

__all__ = ["LakeFiles"]

_log = logging.getLogger(__name__)
_STALE_STAGING: Final = timedelta(days=1)


class LakeFiles(Files):
    """Files below the lake's root. What can't be read or written raises LakeError with the root and the reason."""

    error = LakeError
    kind = "The folder"

    def claim(self) -> None:
        """Mark an empty or missing root as a lake, or check its mark. Raises LakeError if it holds something else.

        Several may do so at once, and be killed in it: the mark appears whole.
        """
        if set(self.names("")) <= {STAGING}:
            aside = f"{STAGING}/{MARKER_NAME}-{uuid.uuid4().hex}"
            self.write(aside, MARKER_TEXT)
            if not self.place(aside, MARKER_NAME):
                self.delete(aside)
        self.check_mark()

    def check_mark(self) -> None:
        """Raise LakeError unless the root is a lake of this version."""
        if self.size_bytes(MARKER_NAME) is None:
            raise LakeError(f"{self.root} is no lake of ours: it has no {MARKER_NAME}. Nothing was written.")
        if self.read(MARKER_NAME) != MARKER_TEXT:
            raise LakeError(f"{self.uri(MARKER_NAME)} is not {MARKER_TEXT.strip()}: another version wrote this lake.")

    def clean_staging(self) -> None:
        """Remove what runs that were killed long ago left behind in the folder for what is being written."""
        for name, changed_at in self.times(STAGING).items():
            if changed_at < datetime.now(UTC) - _STALE_STAGING:
                _log.warning("removing what a run that was killed left in %s", self.uri(f"{STAGING}/{name}"))
                self.delete(f"{STAGING}/{name}")
