"""Tombstones on disk, by Cassandra's own SSTableMetadataViewer: tracing is blind to some of them."""

from gridpulse_platform import CassandraNode

__all__ = ["sstables_with_tombstones"]

_VIEWER = "org.apache.cassandra.tools.SSTableMetadataViewer"
_FIRST_DELETION = "SSTable min local deletion time: "


def sstables_with_tombstones(node: CassandraNode, keyspace: str, table: str) -> tuple[int, list[str]]:
    """Flush the table; how many SSTables it has, and the names of those that hold a tombstone of any kind."""
    node.nodetool("flush", keyspace, table)
    files = sorted(str(path) for path in node.data_directory.glob(f"{keyspace}/{table}-*/*-Data.db"))
    if not files:
        return 0, []
    found: list[str] = []
    name = ""
    for line in node.tool(_VIEWER, *files).splitlines():
        if line.startswith("SSTable: "):
            name = line.removeprefix("SSTable: ")
        elif line.startswith(_FIRST_DELETION) and "no tombstones" not in line:
            found.append(name)
    return len(files), found
