-- What does a zone's typical week look like in a month, day by day (ISO 8601: 1 = Monday), by mode?
SELECT
    zone,
    calendar,
    DATE_TRUNC(day, MONTH) AS month,
    MOD(EXTRACT(DAYOFWEEK FROM day) + 5, 7) + 1 AS iso_weekday,
    flow,
    mode,
    AVG(mw) AS mean_mw,
    COUNT(mw) AS hours
FROM flow_hours
GROUP BY zone, calendar, month, iso_weekday, flow, mode
