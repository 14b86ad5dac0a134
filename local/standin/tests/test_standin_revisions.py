"""How rows are revised: estimates become measurements, and what is said at a time never depends on who asked before."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gridpulse_contract.models import Granularity, Signal
from gridpulse_contract.zones import load_zones
from gridpulse_standin.revisions import Content, RevisionPlan, floor
from gridpulse_standin.source import Query, Source, Version

ZONES = sorted(load_zones())
PLAN = RevisionPlan(seed=7)
START = datetime(2026, 3, 1, tzinfo=UTC)

zones = st.sampled_from(ZONES)
granularities = st.sampled_from(list(Granularity))
instants = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
relaxed = settings(max_examples=300, deadline=None)


@relaxed
@given(zones, instants, granularities)
def test_revisions_are_in_order_and_end_measured(zone: str, instant: datetime, granularity: Granularity) -> None:
    revisions = PLAN.of(zone, floor(instant, granularity), granularity)
    times = [revision.updated_at for revision in revisions]
    assert all(earlier < later for earlier, later in pairwise(times))
    kinds = [revision.is_estimated for revision in revisions]
    assert kinds[0]
    assert not kinds[-1]
    assert kinds == sorted(kinds, reverse=True)
    assert all(time.microsecond % 1000 == 0 for time in times)


@relaxed
@given(zones, instants, granularities, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_nothing_is_said_before_its_time(
    zone: str, instant: datetime, granularity: Granularity, age: timedelta
) -> None:
    at = floor(instant, granularity)
    revision = PLAN.current(zone, at, granularity, at + age)
    if revision is None:
        assert age < timedelta(minutes=30)
    else:
        assert revision.updated_at <= at + age
    newest = PLAN.newest(zone, granularity, at + age)
    assert PLAN.current(zone, newest, granularity, at + age) is not None
    assert timedelta(minutes=-15) <= at + age - newest < timedelta(minutes=90)


def test_every_kind_of_revision_happens() -> None:
    patterns: Counter[str] = Counter()
    for zone in ZONES:
        for hour in range(48):
            revisions = PLAN.of(zone, START + timedelta(hours=hour), Granularity.HOURLY)
            contents = [revision.content for revision in revisions if revision.updated_at < START + timedelta(days=6)]
            patterns["touched"] += any(a == b for a, b in pairwise(contents))
            flip = [Content.MEASURED, Content.CORRECTED, Content.MEASURED]
            patterns["flip"] += any(contents[place : place + 3] == flip for place in range(len(contents)))
            patterns["corrected"] += Content.CORRECTED in contents
            patterns["withdrawn"] += Content.WITHDRAWN in contents
            patterns["withdrawn for good"] += contents[-1] is Content.WITHDRAWN
            patterns["ahead"] += revisions[0].updated_at < START + timedelta(hours=hour)
    total = len(ZONES) * 48
    assert 0.4 < patterns["touched"] / total < 0.8
    assert 0.05 < patterns["flip"] / total < 0.5
    assert 0.2 < patterns["corrected"] / total < 0.7
    assert 0.02 < patterns["withdrawn"] / total < 0.12
    assert 0 < patterns["withdrawn for good"] < patterns["withdrawn"]
    assert 0.2 < patterns["ahead"] / total < 0.7


def test_touched_rows_keep_their_values_and_corrected_ones_do_not(source: Source) -> None:
    seen: Counter[str] = Counter()
    for zone in ("DE", "IT", "SE-SE2", "ES-IB-FO", "PT"):
        query = Query(Signal.POWER_BREAKDOWN, zone, Granularity.HOURLY, "")
        for hour in range(48):
            at = START + timedelta(hours=hour)
            bodies: dict[Content, str] = {}
            for revision in PLAN.of(zone, at, Granularity.HOURLY):
                row = source.current(query, at, Version.V3, revision.updated_at)
                assert row is not None
                fields = json.loads(row.text)
                del fields["updatedAt"]
                assert bodies.setdefault(revision.content, json.dumps(fields)) == json.dumps(fields)
            if zone != "ES-IB-FO":  # too small for an error of a whole MW
                seen["rows"] += 1
                seen["estimate"] += bodies[Content.FIRST_ESTIMATE] != bodies[Content.MEASURED]
            made = json.loads(bodies[Content.MEASURED])["powerProductionBreakdown"].values()
            if Content.CORRECTED in bodies and any(mw is not None and mw > 1 for mw in made):
                assert bodies[Content.CORRECTED] != bodies[Content.MEASURED]
            if Content.WITHDRAWN in bodies:
                withdrawn = json.loads(bodies[Content.WITHDRAWN])
                assert withdrawn["renewablePercentage"] is None
                seen["null"] += list(withdrawn["powerProductionBreakdown"].values()).count(None) > list(
                    json.loads(bodies[Content.MEASURED])["powerProductionBreakdown"].values()
                ).count(None)
    assert seen["estimate"] == seen["rows"]
    assert seen["null"] > 0


def test_a_withdrawn_carbon_intensity_is_null(source: Source) -> None:
    nulls = 0
    for hour in range(200):
        at = START + timedelta(hours=hour)
        for revision in PLAN.of("DE", at, Granularity.HOURLY):
            query = Query(Signal.CARBON_INTENSITY, "DE", Granularity.HOURLY, "lifecycle")
            row = source.current(query, at, Version.V3, revision.updated_at)
            assert row is not None
            is_null = json.loads(row.text)["carbonIntensity"] is None
            assert is_null == (revision.content is Content.WITHDRAWN)
            nulls += is_null
    assert nulls
