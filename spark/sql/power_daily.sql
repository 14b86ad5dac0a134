-- The rows of Cassandra's table power_daily: energy_daily without a null, what its values are made of, and their write
-- timestamp, which grows with every new or newer hour of the day (docs/decisions/write-timestamp-of-a-day.md).
WITH made_of AS (
    SELECT
        zone,
        calendar,
        day,
        CASE WHEN count(DISTINCT kind) > 1 THEN 'mixed' ELSE max(kind) END AS kind,
        100.0D * count_if(kind = 'measured') / count(*) AS measured_percent,
        max(updated_at) AS updated_at,
        sum(write_timestamp_us) AS write_timestamp_us
    FROM power_hours
    GROUP BY zone, calendar, day
)
SELECT
    zone,
    calendar,
    year(day) AS year,
    day,
    flow,
    mode,
    coalesce(energy_mwh, DOUBLE('NaN')) AS energy_mwh,
    coverage_percent,
    kind,
    measured_percent,
    updated_at,
    write_timestamp_us
FROM energy_daily
JOIN made_of USING (zone, calendar, day)
