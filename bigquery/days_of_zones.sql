-- The days asked for, on UTC's calendar and on each zone's own, with the hours that each has: 23 or 25 where clocks
-- change. Zones that the reference lacks have no clock that is known, so no local days.
SELECT zone, 'utc' AS calendar, day, 24 AS hours_of_day
FROM (
    SELECT zone FROM power_breakdown AS p WHERE p.at >= TIMESTAMP '$start' AND p.at < TIMESTAMP '$end'
    UNION DISTINCT
    SELECT zone FROM carbon_intensity AS c WHERE c.at >= TIMESTAMP '$start' AND c.at < TIMESTAMP '$end'
)
CROSS JOIN days
UNION ALL
SELECT
    key AS zone,
    'local' AS calendar,
    day,
    -- From the last second of the day before to that of the day: midnight itself may be shown twice, or not at all.
    TIMESTAMP_DIFF(
        PARSE_TIMESTAMP('%Y-%m-%d %H:%M:%S', FORMAT_DATE('%Y-%m-%d 23:59:59', day), timezone),
        PARSE_TIMESTAMP(
            '%Y-%m-%d %H:%M:%S', FORMAT_DATE('%Y-%m-%d 23:59:59', DATE_SUB(day, INTERVAL 1 DAY)), timezone
        ),
        HOUR
    ) AS hours_of_day
FROM zones
CROSS JOIN days
