-- What does a zone's typical week look like in a month, day by day (ISO 8601: 1 = Monday), by mode?
SELECT
    zone,
    calendar,
    trunc(day, 'MONTH') AS month,
    weekday(day) + 1 AS iso_weekday,
    flow,
    mode,
    avg(mw) AS mean_mw,
    count(mw) AS hours
FROM flow_hours
GROUP BY zone, calendar, trunc(day, 'MONTH'), weekday(day), flow, mode
