-- How much energy did a zone produce, consume, import and export in a month, by mode?
--
-- The sum of the days; the coverage is of all hours of the month, those of days without any row included.
WITH hours_of_months AS (
    SELECT zone, calendar, trunc(day, 'MONTH') AS month, sum(hours_of_day) AS hours_of_month
    FROM days_of_zones
    GROUP BY zone, calendar, trunc(day, 'MONTH')
)
SELECT
    zone,
    calendar,
    month,
    flow,
    mode,
    sum(energy_mwh) AS energy_mwh,
    sum(coverage_percent * hours_of_day) / max(hours_of_month) AS coverage_percent
FROM energy_daily
JOIN days_of_zones USING (zone, calendar, day)
JOIN hours_of_months USING (zone, calendar)
WHERE month = trunc(day, 'MONTH')
GROUP BY zone, calendar, month, flow, mode
