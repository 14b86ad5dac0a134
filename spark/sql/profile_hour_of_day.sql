-- What does a zone's typical day look like in a month, hour by hour on the clock, by mode?
--
-- An hour that clocks show twice counts twice, one that they skip not at all: `hours` is how many there were.
SELECT
    zone,
    calendar,
    trunc(day, 'MONTH') AS month,
    clock_hour,
    flow,
    mode,
    avg(mw) AS mean_mw,
    count(mw) AS hours
FROM flow_hours
GROUP BY zone, calendar, trunc(day, 'MONTH'), clock_hour, flow, mode
