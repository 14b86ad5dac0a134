"""Manifests on disk: which hours a lake has."""

from datetime import datetime
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it

from gridpulse_spark.errors import LakeError
from gridpulse_spark.java import java_errors
from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.layout import MANIFEST_NAME, hour_folder, signal_folder
from gridpulse_spark.lake.manifest import Manifest, check_chain, parse_manifest

__all__ = ["last_manifest", "read_manifest", "read_manifests", "write_manifest"]


def read_manifest(files: LakeFiles, signal: str, hour: datetime) -> Manifest | None:
    """Of one hour; None where it was not archived."""
    return _read(files, hour_folder(signal, hour))


def last_manifest(files: LakeFiles, signal: str) -> Manifest | None:
    """Of the newest hour that was archived; None where there is none."""
    root = signal_folder(signal)
    for date in reversed(files.names(root)):
        for hour in reversed(files.names(f"{root}/{date}")):
            manifest = _read(files, f"{root}/{date}/{hour}")
            if manifest:  # a run that was killed leaves a folder without one
                return manifest
    return None


def read_manifests(session: SparkSession, files: LakeFiles, signal: str) -> list[Manifest]:
    """All of a signal, in order. Raises LakeError unless each follows on the one before, from the first on."""
    if not files.names(signal_folder(signal)):
        return []
    pattern = files.uri(f"{signal_folder(signal)}/append_date=*/append_hour=*/{MANIFEST_NAME}")
    with java_errors(LakeError, f"The manifests of {signal} can't be read"):
        # By Spark, since there are thousands a year and an object store takes its time for each.
        texts = session.read.option("wholetext", True).text(pattern).withColumn("path", F.input_file_name())
        rows: list[Any] = texts.collect()
    manifests = sorted((parse_manifest(row.value, row.path) for row in rows), key=lambda one: one.hour)
    check_chain(manifests)
    return manifests


def write_manifest(files: LakeFiles, manifest: Manifest, staging: str) -> None:
    """Make an hour visible: the last thing that is done for it."""
    files.write(f"{staging}/{MANIFEST_NAME}", manifest.text())
    files.move(f"{staging}/{MANIFEST_NAME}", f"{manifest.folder}/{MANIFEST_NAME}")


def _read(files: LakeFiles, folder: str) -> Manifest | None:
    path = f"{folder}/{MANIFEST_NAME}"
    return parse_manifest(files.read(path), files.uri(path)) if files.size_bytes(path) is not None else None
