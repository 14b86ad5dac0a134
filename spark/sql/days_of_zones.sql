-- The days asked for, on UTC's calendar and on each zone's own, with the hours that each has: 23 or 25 where clocks change.
-- Zones that the reference lacks have no clock that is known, so no local days.
SELECT zone, 'utc' AS calendar, day, 24 AS hours_of_day
FROM (SELECT zone FROM asked_power UNION SELECT zone FROM asked_carbon)
CROSS JOIN days
UNION ALL
SELECT
    key AS zone,
    'local' AS calendar,
    day,
    -- Of a midnight that clocks show twice this takes the first, of one that they skip the instant of the change.
    CAST(
        (
            unix_timestamp(to_utc_timestamp(CAST(date_add(day, 1) AS TIMESTAMP), timezone))
            - unix_timestamp(to_utc_timestamp(CAST(day AS TIMESTAMP), timezone))
        ) / 3600 AS INT
    ) AS hours_of_day
FROM zones
CROSS JOIN days
