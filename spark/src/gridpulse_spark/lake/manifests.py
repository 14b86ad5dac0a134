"""Manifests on disk: which hours a lake has."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

from gridpulse_spark.lake.files import LakeFiles
from gridpulse_spark.lake.layout import MANIFEST_NAME, hour_folder, signal_folder
from gridpulse_spark.lake.manifest import Manifest, check_chain, parse_manifest

__all__ = ["last_manifest", "read_manifest", "read_manifests", "write_manifest"]

_READS_AT_ONCE: Final = 16


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


def read_manifests(files: LakeFiles, signal: str) -> list[Manifest]:
    """All of a signal, in order. Raises LakeError unless each follows on the one before, from the first on."""
    paths = files.sizes_bytes(f"{signal_folder(signal)}/append_date=*/append_hour=*/{MANIFEST_NAME}")
    # There are thousands a year, and an object store takes its time for each.
    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        texts = pool.map(files.read, paths)
        manifests = [parse_manifest(text, files.uri(path)) for path, text in zip(paths, texts, strict=True)]
    manifests.sort(key=lambda manifest: manifest.hour)
    check_chain(manifests)
    return manifests


def write_manifest(files: LakeFiles, manifest: Manifest, staging: str) -> None:
    """Make an hour visible: the last thing that is done for it."""
    aside, path = f"{staging}/{MANIFEST_NAME}", f"{manifest.folder}/{MANIFEST_NAME}"
    files.write(aside, manifest.text())
    if not files.place(aside, path) and files.read(path) != manifest.text():
        files.move(aside, path)


def _read(files: LakeFiles, folder: str) -> Manifest | None:
    path = f"{folder}/{MANIFEST_NAME}"
    return parse_manifest(files.read(path), files.uri(path)) if files.size_bytes(path) is not None else None
