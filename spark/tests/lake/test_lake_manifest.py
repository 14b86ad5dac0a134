"""Hours, ranges and manifests: what joins, and what is refused with its reason."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridpulse_spark.errors import BadInputError, LakeError
from gridpulse_spark.lake.archive import check_hour, last_complete_hour
from gridpulse_spark.lake.layout import HOUR, hour_folder, hour_of, parse_hour
from gridpulse_spark.lake.manifest import Manifest, OffsetRange, check_chain, parse_manifest

FIRST = datetime(2026, 3, 28, 22, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
SIZES = st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=1, max_size=8)


def chain(sizes: list[list[int]]) -> list[Manifest]:
    """An hour for each list of sizes, one size for each partition."""
    manifests: list[Manifest] = []
    starts = [7] * len(sizes[0])
    for number, hour_sizes in enumerate(sizes):
        ends = [start + size for start, size in zip(starts, hour_sizes, strict=True)]
        ranges = enumerate(zip(starts, ends, strict=True))
        manifests.append(
            Manifest(
                signal="power-breakdown",
                topic="some.topic",
                cluster_id="some-cluster",
                hour=FIRST + number * HOUR,
                columns={"offset": "bigint"},
                partitions={p: OffsetRange(start=a, end=b, size_bytes=int(b > a)) for p, (a, b) in ranges},
            )
        )
        starts = ends
    return manifests


@given(INSTANTS)
def test_an_instant_is_in_its_hour(instant: datetime) -> None:
    assert hour_of(instant) <= instant < hour_of(instant) + HOUR
    assert parse_hour(hour_of(instant).isoformat()) == hour_of(instant)


def test_hours_are_those_of_utc() -> None:
    assert parse_hour("2026-11-25T10:00+05:30".replace("10:00", "15:30")) == datetime(2026, 11, 25, 10, tzinfo=UTC)
    half_past = datetime(2026, 11, 25, 15, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert hour_folder("s", hour_of(half_past)) == "signal=s/append_date=2026-11-25/append_hour=09"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-25T10:00", "2026-11-25T10:30Z", "2026-11-25T10:00+05:30"])
def test_what_is_no_hour_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadInputError, match=re.escape(repr(text))):
        parse_hour(text)


@given(INSTANTS, st.integers(0, 600))
def test_only_hours_that_have_settled_are_archived(now: datetime, settle_seconds: int) -> None:
    settle = timedelta(seconds=settle_seconds)
    last = last_complete_hour(now, settle)
    check_hour(last, now, settle)
    assert last + HOUR + settle <= now < last + 2 * HOUR + settle
    with pytest.raises(BadInputError, match="is not over"):
        check_hour(last + HOUR, now, settle)


@given(SIZES)
def test_hours_of_one_log_join(sizes: list[list[int]]) -> None:
    manifests = chain(sizes)
    check_chain(manifests)
    assert [manifest.rows for manifest in manifests] == [sum(each) for each in sizes]
    assert [parse_manifest(manifest.text(), "here") for manifest in manifests] == manifests
    for manifest in manifests:
        assert len(manifest.files()) == sum(offsets.rows > 0 for offsets in manifest.partitions.values())


@given(SIZES.filter(lambda sizes: len(sizes) > 2), st.data())
def test_a_missing_hour_and_a_missing_row_are_seen(sizes: list[list[int]], data: st.DataObject) -> None:
    manifests = chain(sizes)
    gap = data.draw(st.integers(1, len(manifests) - 2))
    with pytest.raises(LakeError, match="the hours between are missing"):
        check_chain(manifests[:gap] + manifests[gap + 1 :])
    partition = data.draw(st.integers(0, 2))
    offsets = manifests[gap].partitions[partition]
    longer = OffsetRange(start=offsets.start, end=offsets.end + 1, size_bytes=1)
    changed = manifests[gap].model_copy(update={"partitions": {**manifests[gap].partitions, partition: longer}})
    with pytest.raises(LakeError, match=f"ends at offset {longer.end} of partition {partition}"):
        check_chain([*manifests[:gap], changed, *manifests[gap + 1 :]])


def test_a_partition_may_be_added_but_not_vanish() -> None:
    one, two = chain([[1, 1], [2, 2]])
    check_chain([one, two.model_copy(update={"partitions": {**two.partitions, 9: OffsetRange(start=0, end=0)}})])
    with pytest.raises(LakeError, match="starts at none"):
        check_chain([one, two.model_copy(update={"partitions": {0: two.partitions[0]}})])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"signal": "x"}'])
def test_what_is_no_manifest_is_named(text: str) -> None:
    with pytest.raises(LakeError, match="over/there"):
        parse_manifest(text, "over/there")


@pytest.mark.parametrize(("start", "end", "size_bytes"), [(2, 1, 9), (1, 2, 0), (1, 1, 9), (-1, 2, 9)])
def test_a_range_has_its_file_or_nothing(start: int, end: int, size_bytes: int) -> None:
    with pytest.raises(ValueError, match="OffsetRange"):
        OffsetRange(start=start, end=end, size_bytes=size_bytes)
