-- How much energy did a zone produce, consume, import and export in a day, by mode?
--
-- MWh = MW x hours over the hours that have the number: what is missing lowers the coverage and is not made up for.
-- A storage mode's production is negative where more was charged than discharged. Added up as decimals, whose sum does
-- not depend on the order (a number of 10^29 MW or more is none, and counts as missing).
WITH exact AS (
    SELECT zone, calendar, day, hours_of_day, flow, mode, SAFE_CAST(mw AS NUMERIC) AS mw
    FROM flow_hours
)
SELECT
    zone,
    calendar,
    day,
    flow,
    mode,
    CAST(SUM(mw) AS FLOAT64) AS energy_mwh,
    100.0 * COUNT(mw) / MAX(hours_of_day) AS coverage_percent
FROM exact
GROUP BY zone, calendar, day, flow, mode
