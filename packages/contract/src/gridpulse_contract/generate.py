"""Writes the JSON Schemas of the messages from their models: `python -m gridpulse_contract.generate [--check]`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from gridpulse_contract.models import EVENT_MODELS, DeadLetter

__all__ = ["SCHEMA_FOLDER", "schema_texts"]

SCHEMA_FOLDER: Final = Path(__file__).parent / "schemas"


def schema_texts() -> dict[str, str]:
    """File name -> text of the JSON Schema of each message's value."""
    models = (*EVENT_MODELS.values(), DeadLetter)
    return {
        f"{model.schema_name}.schema.json": json.dumps(model.model_json_schema(mode="validation"), indent=2) + "\n"
        for model in models
    }


def main() -> int:
    """Write the files, or with --check only say which are stale. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m gridpulse_contract.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is stale")
    arguments = parser.parse_args()
    stale = 0
    for name, text in schema_texts().items():
        path = SCHEMA_FOLDER / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        sys.stderr.write(f"{'stale' if arguments.check else 'wrote'}: {name}\n")
        if not arguments.check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
