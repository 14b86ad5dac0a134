-- Hourly rows of the carbon intensity in the days asked for, once for each calendar, with the load of the hour in MW:
-- the zone's consumption, null where it is unknown or nothing.
WITH on_calendars AS (
    SELECT asked_carbon.*, 'utc' AS calendar, to_date(at) AS day
    FROM asked_carbon
    UNION ALL
    SELECT asked_carbon.*, 'local' AS calendar, to_date(from_utc_timestamp(at, timezone)) AS day
    FROM asked_carbon
    JOIN zones ON zones.key = asked_carbon.zone
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
LEFT JOIN (SELECT zone, at, consumption_total_mw FROM asked_power) AS load USING (zone, at)
