-- Hourly rows of the power breakdown in the days asked for, once for each calendar (so choose one before adding up).
WITH on_calendars AS (
    SELECT asked_power.*, 'utc' AS calendar, to_date(at) AS day, hour(at) AS clock_hour
    FROM asked_power
    UNION ALL
    SELECT
        asked_power.*,
        'local' AS calendar,
        to_date(from_utc_timestamp(at, timezone)) AS day,
        hour(from_utc_timestamp(at, timezone)) AS clock_hour
    FROM asked_power
    JOIN zones ON zones.key = asked_power.zone
)
SELECT on_calendars.*, hours_of_day
FROM on_calendars
JOIN days_of_zones USING (zone, calendar, day)
