"""Tombstones in the tables of a node, as Cassandra's own SSTableMetadataViewer counts them.

Tracing counts only the tombstones that a read meets, and misses some; the metadata of the flushed files has them all.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from gridpulse_platform import CassandraNode

__all__ = ["tombstone_counts"]

_VIEWER: Final = "org.apache.cassandra.tools.SSTableMetadataViewer"
_NONE: Final = "SSTable min local deletion time: no tombstones"
_DROP_TIME: Final = re.compile(r"^ +\d+ \([^|]*\| +(\d+) ", re.MULTILINE)


def tombstone_counts(node: CassandraNode, keyspace: str, tables: Iterable[str]) -> dict[str, int]:
    """Tombstones by table, after a flush. Raises LookupError where a table has no file: it would prove nothing."""
    node.nodetool("flush", keyspace)
    counts = dict.fromkeys(tables, 0)
    files = {table: sorted(node.data_directory.glob(f"{keyspace}/{table}-*/*-Data.db")) for table in counts}
    for table, found in files.items():
        if not found:
            raise LookupError(f"{keyspace}.{table} has no file in {node.data_directory}")
    described = node.tool(_VIEWER, *(str(path) for found in files.values() for path in found))
    for description in described.split("SSTable: ")[1:]:
        folder = Path(description.partition("\n")[0]).parent.name
        counts[folder.rpartition("-")[0]] += _count_in(description)
    return counts


def _count_in(description: str) -> int:
    if _NONE in description:
        return 0
    section = description.partition("Estimated tombstone drop times:")[2].partition("Partition Size:")[0]
    return max(1, sum(int(count) for count in _DROP_TIME.findall(section)))
