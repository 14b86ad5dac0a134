-- How much energy did a zone produce, consume, import and export in a month, by mode?
--
-- The sum of the days; the coverage is of all hours of the month, those of days without any row included.
WITH hours_of_months AS (
    SELECT zone, calendar, DATE_TRUNC(day, MONTH) AS month, SUM(hours_of_day) AS hours_of_month
    FROM days_of_zones
    GROUP BY zone, calendar, month
),
days_with_months AS (
    SELECT *, DATE_TRUNC(day, MONTH) AS month
    FROM energy_daily
    JOIN days_of_zones USING (zone, calendar, day)
)
SELECT
    zone,
    calendar,
    month,
    flow,
    mode,
    SUM(energy_mwh) AS energy_mwh,
    SUM(coverage_percent * hours_of_day) / MAX(hours_of_month) AS coverage_percent
FROM days_with_months
JOIN hours_of_months USING (zone, calendar, month)
GROUP BY zone, calendar, month, flow, mode
