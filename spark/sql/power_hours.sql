-- Hourly rows of the power breakdown in the days asked for, once for each calendar (so choose one before adding up).
-- Only rows of one width are read: a zone can have several for the same hour.
WITH on_calendars AS (
    SELECT power_breakdown.*, 'utc' AS calendar, to_date(at) AS day, hour(at) AS clock_hour
    FROM power_breakdown
    WHERE granularity = 'hourly'
    UNION ALL
    SELECT
        power_breakdown.*,
        'local' AS calendar,
        to_date(from_utc_timestamp(at, timezone)) AS day,
        hour(from_utc_timestamp(at, timezone)) AS clock_hour
    FROM power_breakdown
    JOIN zones ON zones.key = power_breakdown.zone
    WHERE granularity = 'hourly'
)
SELECT on_calendars.*, hours_of_day
FROM on_calendars
JOIN days_of_zones USING (zone, calendar, day)
