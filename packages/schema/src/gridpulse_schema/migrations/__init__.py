"""The DDL of the keyspace: `NNNN_name.cql` files, applied in order and never edited once released.

A file is CQL with `$keyspace` in place of the keyspace's name, statements ended by a semicolon at a line's end,
comments on lines of their own. Every statement is idempotent (IF NOT EXISTS), because a run that stopped half-way is
run again.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from string import Template
from typing import Final

from gridpulse_schema.errors import InvalidParameterError

__all__ = ["Migration", "load_migrations", "parse_migration"]

_FILE_NAME: Final = re.compile(r"(?P<version>\d{4})_(?P<name>[a-z0-9_]+)\.cql")
_STATEMENT_END: Final = re.compile(r";[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Migration:
    """One version of the schema. `checksum` is the SHA-256 of the file's text, before the keyspace is put in."""

    version: int
    name: str
    checksum: str
    templates: tuple[str, ...]

    def statements(self, keyspace: str) -> tuple[str, ...]:
        """The file's CQL statements for `keyspace`."""
        return tuple(Template(template).substitute(keyspace=keyspace) for template in self.templates)


def parse_migration(file_name: str, text: str) -> Migration:
    """Read one migration file; raises InvalidParameterError when its name or text is not as this module says."""
    match = _FILE_NAME.fullmatch(file_name)
    if match is None:
        raise InvalidParameterError(f"Migration file {file_name!r} is not named NNNN_name.cql.")
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    *statements, rest = (part.strip() for part in _STATEMENT_END.split(code))
    if not statements or rest:
        raise InvalidParameterError(f"Migration file {file_name!r} must hold statements, each ended by a semicolon.")
    return Migration(
        version=int(match["version"]),
        name=match["name"],
        checksum=hashlib.sha256(text.encode()).hexdigest(),
        templates=tuple(statements),
    )


def load_migrations() -> tuple[Migration, ...]:
    """All migrations of this package, in the order in which they are applied: versions 1, 2, 3 and so on."""
    files = [entry for entry in resources.files(__name__).iterdir() if entry.name.endswith(".cql")]
    return in_order(parse_migration(entry.name, entry.read_text(encoding="utf-8")) for entry in files)


def in_order(migrations: Iterable[Migration]) -> tuple[Migration, ...]:
    """Sorted by version; raises InvalidParameterError unless the versions are 1, 2, 3 and so on."""
    ordered = tuple(sorted(migrations, key=lambda migration: migration.version))
    versions = [migration.version for migration in ordered]
    if versions != list(range(1, len(versions) + 1)):
        raise InvalidParameterError(f"Migration versions must be 1, 2, 3 and so on, but are {versions}.")
    return ordered
