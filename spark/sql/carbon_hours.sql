-- Hourly rows of the carbon intensity in the days asked for, once for each calendar, with the load of the hour in MW:
-- the zone's consumption, null where it is unknown or nothing.
WITH on_calendars AS (
    SELECT carbon_intensity.*, 'utc' AS calendar, to_date(at) AS day
    FROM carbon_intensity
    WHERE granularity = 'hourly'
    UNION ALL
    SELECT carbon_intensity.*, 'local' AS calendar, to_date(from_utc_timestamp(at, timezone)) AS day
    FROM carbon_intensity
    JOIN zones ON zones.key = carbon_intensity.zone
    WHERE granularity = 'hourly'
)
SELECT
    zone,
    variant,
    calendar,
    day,
    hours_of_day,
    at,
    carbon_intensity_gco2eq_per_kwh,
    CASE WHEN consumption_total_mw > 0 THEN consumption_total_mw END AS load_mw,
    on_calendars.quality
FROM on_calendars
JOIN days_of_zones USING (zone, calendar, day)
LEFT JOIN (SELECT zone, at, consumption_total_mw FROM power_breakdown WHERE granularity = 'hourly') AS load
    USING (zone, at)
