"""Writes the dashboards' JSON: `python -m gridpulse_grafana.generate [--check]`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from gridpulse_grafana.history import HISTORY
from gridpulse_grafana.overview import OVERVIEW
from gridpulse_grafana.platform import PLATFORM
from gridpulse_grafana.quality import QUALITY
from gridpulse_grafana.zone import ZONE

__all__ = ["BOARDS", "FOLDER", "texts"]

BOARDS: Final = (OVERVIEW, ZONE, HISTORY, PLATFORM, QUALITY)
FOLDER: Final = Path(__file__).parents[2] / "dashboards"


def texts() -> dict[str, str]:
    """File name -> JSON of each dashboard."""
    return {f"{board.uid}.json": json.dumps(board.document(), indent=1, ensure_ascii=False) + "\n" for board in BOARDS}


def main() -> int:
    """Write the files, or with --check only say which are stale. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m gridpulse_grafana.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is stale")
    arguments = parser.parse_args()
    wanted = texts()
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    for name in stale:
        sys.stderr.write(f"{'stale' if arguments.check else 'wrote'}: {name}\n")
        if not arguments.check:
            path = FOLDER / name
            if name in wanted:
                path.write_text(wanted[name], encoding="utf-8")
            else:
                path.unlink()
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
