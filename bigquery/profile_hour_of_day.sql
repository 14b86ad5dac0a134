-- What does a zone's typical day look like in a month, hour by hour on the clock, by mode?
--
-- An hour that clocks show twice counts twice, one that they skip not at all: `hours` is how many there were.
SELECT
    zone,
    calendar,
    DATE_TRUNC(day, MONTH) AS month,
    clock_hour,
    flow,
    mode,
    AVG(mw) AS mean_mw,
    COUNT(mw) AS hours
FROM flow_hours
GROUP BY zone, calendar, month, clock_hour, flow, mode
