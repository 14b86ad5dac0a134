-- Which zones were the greenest, the largest and the most dependent of a day?
--
-- Rank 1 is the lowest carbon intensity or import dependence, and the highest of all else; equal values share a rank. A
-- value that covers less than three quarters of the day is listed without a rank.
WITH measures AS (
    SELECT
        zone,
        calendar,
        day,
        'carbon_intensity_gco2eq_per_kwh' AS measure,
        load_weighted_mean_gco2eq_per_kwh AS value,
        load_weighted_coverage_percent AS coverage_percent,
        1 AS direction
    FROM carbon_intensity_daily
    WHERE variant = 'lifecycle'
    UNION ALL
    SELECT zone, calendar, day, measure, value, coverage_percent, direction
    FROM shares_daily
    LATERAL VIEW stack(
        3,
        'renewable_percent', renewable_percent, renewable_coverage_percent, -1,
        'fossil_free_percent', fossil_free_percent, fossil_free_coverage_percent, -1,
        'import_dependence_percent', import_dependence_percent, import_dependence_coverage_percent, 1
    ) AS measure, value, coverage_percent, direction
    UNION ALL
    SELECT zone, calendar, day, concat(flow, '_mwh'), energy_mwh, coverage_percent, -1
    FROM energy_daily
    WHERE mode = 'total'
),
judged AS (
    SELECT *, value IS NOT NULL AND coverage_percent >= 75 AS is_ranked
    FROM measures
)
SELECT
    zone,
    calendar,
    day,
    measure,
    value,
    coverage_percent,
    CASE
        WHEN is_ranked THEN rank() OVER (PARTITION BY calendar, day, measure, is_ranked ORDER BY direction * value)
    END AS rank
FROM judged
