"""The files of a staging folder."""

from collections.abc import Sequence
from dataclasses import dataclass

from gridpulse_spark.files import Files
from gridpulse_spark.warehouse.errors import WarehouseError

__all__ = ["StageFolder", "StagedFile"]


@dataclass(frozen=True)
class StagedFile:
    """One file: its whole path, size, and the SHA-256 of its bytes."""

    uri: str
    size_bytes: int
    sha256: str


class StageFolder(Files):
    """One folder. Raises WarehouseError with the path and the reason where it can't be used."""

    error = WarehouseError
    kind = "The staging folder"

    def parquet_files(self) -> Sequence[StagedFile]:
        """What Spark has written, sorted by name."""
        sizes_bytes = self.sizes_bytes("*.parquet")
        return [StagedFile(self.uri(name), sizes_bytes[name], self.sha256(name)) for name in sorted(sizes_bytes)]
