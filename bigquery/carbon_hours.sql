-- Hourly rows of the carbon intensity in the days asked for, once for each calendar, with the load of the hour in MW:
-- the zone's consumption, null where it is unknown or nothing.
WITH hourly AS (
    SELECT *
    FROM carbon_intensity AS c
    -- A day more on each side, for the local days.
    WHERE c.at >= TIMESTAMP_SUB(TIMESTAMP '$start', INTERVAL 1 DAY)
        AND c.at < TIMESTAMP_ADD(TIMESTAMP '$end', INTERVAL 1 DAY)
        AND granularity = 'hourly'
),
hourly_load AS (
    SELECT zone, p.at, IF(consumption_total_mw > 0, consumption_total_mw, NULL) AS load_mw
    FROM power_breakdown AS p
    WHERE p.at >= TIMESTAMP_SUB(TIMESTAMP '$start', INTERVAL 1 DAY)
        AND p.at < TIMESTAMP_ADD(TIMESTAMP '$end', INTERVAL 1 DAY)
        AND granularity = 'hourly'
),
on_calendars AS (
    SELECT hourly.*, 'utc' AS calendar, DATE(hourly.at) AS day
    FROM hourly
    UNION ALL
    SELECT hourly.*, 'local' AS calendar, DATE(hourly.at, timezone) AS day
    FROM hourly
    JOIN zones ON zones.key = hourly.zone
)
SELECT
    zone,
    variant,
    calendar,
    day,
    hours_of_day,
    `at`,
    carbon_intensity_gco2eq_per_kwh,
    load_mw,
    quality
FROM on_calendars
JOIN days_of_zones USING (zone, calendar, day)
LEFT JOIN hourly_load USING (zone, `at`)
