"""Runs in an image: what is there, as JSON."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import distributions

TOOLS = ("cc", "gcc", "g++", "clang", "ld", "make", "javac", "mvn", "cargo", "go", "pip", "pip3", "uv", "curl", "wget")
NOT_OF_THE_IMAGE = ("/proc", "/sys", "/dev")
OF_PYTHON_ITSELF = "/usr/local/lib/python3.11/ensurepip/_bundled"
LEFT_OVERS = (".whl", ".deb", ".egg-info")


def folders() -> Iterator[tuple[str, list[str]]]:
    """Each folder of the image that this user can read, and the names in it."""
    for folder, below, files in os.walk("/"):
        if folder in NOT_OF_THE_IMAGE:
            below.clear()
        else:
            yield folder, [*below, *files]


found = {
    "packages": {each.metadata["Name"].lower().replace("_", "-"): each.version for each in distributions()},
    "import_path": [path for path in sys.path if path and path != "/usr/local/lib/python311.zip"],
    "user": os.getuid(),
    "tools": [tool for tool in TOOLS if shutil.which(tool)],
    "writable": [folder for folder, _ in folders() if os.access(folder, os.W_OK)],
    "left_over": [
        f"{folder}/{name}"
        for folder, names in folders()
        for name in names
        if folder != OF_PYTHON_ITSELF and name.endswith(LEFT_OVERS)
    ],
}
sys.stdout.write(json.dumps(found))
