"""What can go wrong on the local platform, each with a sentence for the person at the keyboard.

PlatformError                 base
├── PreflightError            the machine lacks something; the message names the command or variable that helps
├── ProvisionError            packages could not be fetched; a retry helps when the network was the reason
├── AlreadyRunningError       another run holds this home
└── PartFailedError           a part did not start, did not become ready in time, or died; carries its log's tail
"""

from pathlib import Path

__all__ = ["AlreadyRunningError", "PartFailedError", "PlatformError", "PreflightError", "ProvisionError"]


class PlatformError(Exception):
    """Base of this package's errors."""


class PreflightError(PlatformError):
    """The machine lacks something."""


class ProvisionError(PlatformError):
    """Packages could not be fetched."""


class AlreadyRunningError(PlatformError):
    """Another run holds this home; `serves` is the folder of data whose engines it lets others use, if any."""

    def __init__(self, text: str, *, serves: Path | None = None) -> None:
        super().__init__(text)
        self.serves = serves


class PartFailedError(PlatformError):
    """A part did not start, did not become ready in time, or died."""

    def __init__(self, part: str, what: str, log_path: Path, log_tail: str) -> None:
        super().__init__(f"{part} {what}; the end of its log {log_path}:\n{log_tail}")
        self.part = part
        self.log_path = log_path
