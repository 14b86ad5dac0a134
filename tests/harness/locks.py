"""What the repository pins."""

import re
from pathlib import Path
from typing import Final

__all__ = ["REPOSITORY", "VERSION", "pins"]

REPOSITORY: Final = Path(__file__).parents[2]
VERSION: Final = (REPOSITORY / "VERSION").read_text(encoding="utf-8").strip()
"""Of the product: images, packages and chart."""


def pins(lock: str) -> dict[str, str]:
    """Package -> version of a requirements file, which is named from the repository's root."""
    text = (REPOSITORY / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, flags=re.MULTILINE))
