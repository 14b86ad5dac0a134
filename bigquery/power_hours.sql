-- Hourly rows of the power breakdown in the days asked for, once for each calendar (so choose one before adding up).
-- Only rows of one width are read: a zone can have several for the same hour.
WITH hourly AS (
    SELECT *
    FROM power_breakdown AS p
    -- A day more on each side, for the local days.
    WHERE p.at >= TIMESTAMP_SUB(TIMESTAMP '$start', INTERVAL 1 DAY)
        AND p.at < TIMESTAMP_ADD(TIMESTAMP '$end', INTERVAL 1 DAY)
        AND granularity = 'hourly'
),
on_calendars AS (
    SELECT hourly.*, 'utc' AS calendar, DATE(hourly.at) AS day, EXTRACT(HOUR FROM hourly.at) AS clock_hour
    FROM hourly
    UNION ALL
    SELECT
        hourly.*,
        'local' AS calendar,
        DATE(hourly.at, timezone) AS day,
        EXTRACT(HOUR FROM hourly.at AT TIME ZONE timezone) AS clock_hour
    FROM hourly
    JOIN zones ON zones.key = hourly.zone
)
SELECT on_calendars.*, hours_of_day
FROM on_calendars
JOIN days_of_zones USING (zone, calendar, day)
