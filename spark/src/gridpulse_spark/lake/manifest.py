"""What an hour of the lake holds. Pure: the same hour of the same log gives the same manifest, byte by byte."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gridpulse_contract.fields import Instant
from gridpulse_spark.errors import LakeError
from gridpulse_spark.lake.layout import HOUR, file_name, hour_folder

__all__ = ["Manifest", "OffsetRange", "check_chain", "check_joins", "parse_manifest"]

Offset = Annotated[int, Field(ge=0)]


class OffsetRange(BaseModel):
    """Offsets [start, end) of one partition, and the size of their file: 0 bytes means there is none to need."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: Offset
    end: Offset
    size_bytes: Offset = 0

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.end < self.start or (self.size_bytes == 0) != (self.end == self.start):
            raise ValueError(f"{self} is no range with its file")
        return self

    @property
    def rows(self) -> int:
        """Kafka's offsets of a topic without transactions or compaction have no gaps: one row for each."""
        return self.end - self.start


class Manifest(BaseModel):
    """An hour of append time of one signal. `columns` are those of its files, with their types in SQL.

    An hour that was open, since it was not over when it was archived, is archived again by the next run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    signal: str
    topic: str
    cluster_id: str
    hour: Instant
    is_open: bool = False
    columns: dict[str, str]
    partitions: dict[int, OffsetRange]

    @property
    def folder(self) -> str:
        """Below the lake's root."""
        return hour_folder(self.signal, self.hour)

    @property
    def rows(self) -> int:
        """In all files."""
        return sum(offsets.rows for offsets in self.partitions.values())

    @property
    def ends(self) -> dict[int, int]:
        """Where the next hour starts, by partition."""
        return {partition: offsets.end for partition, offsets in self.partitions.items()}

    def files(self) -> dict[str, OffsetRange]:
        """Its files, below the lake's root."""
        return {
            f"{self.folder}/{file_name(partition, offsets.start, offsets.end)}": offsets
            for partition, offsets in sorted(self.partitions.items())
            if offsets.rows
        }

    def text(self) -> str:
        """Its one form on disk."""
        return self.model_dump_json(indent=1) + "\n"


def parse_manifest(text: str, where: str) -> Manifest:
    """Raises LakeError, which names `where`, for what is none."""
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise LakeError(f"{where} is no manifest of the lake: {error}") from None


def check_chain(manifests: Iterable[Manifest]) -> None:
    """Raise LakeError unless the manifests of one signal, in the order of their hours, follow on one another."""
    for previous, following in pairwise(manifests):
        if following.hour - previous.hour != HOUR:
            raise LakeError(f"{previous.folder} is followed by {following.folder}: the hours between are missing.")
        check_joins(previous.folder, previous.ends, {p: r.start for p, r in following.partitions.items()})


def check_joins(where: str, ends: Mapping[int, int], starts: Mapping[int, int]) -> None:
    """Raise LakeError unless every partition goes on where `where` ended."""
    for partition, end in ends.items():
        if starts.get(partition) != end:
            raise LakeError(
                f"{where} ends at offset {end} of partition {partition}, but the hour after it starts at "
                f"{starts.get(partition, 'none')}."
            )
