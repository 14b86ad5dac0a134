-- How clean was the electricity that a zone consumed in a day?
--
-- The load-weighted mean is what an average kWh of the day stood for: hours with more consumption count for more. The
-- plain mean is over time, as the query API's roll-up. Each has the coverage of the hours that it is made of.
WITH weighted AS (
    SELECT *, IF(carbon_intensity_gco2eq_per_kwh IS NOT NULL, load_mw, NULL) AS weight_mw
    FROM carbon_hours
)
SELECT
    zone,
    variant,
    calendar,
    day,
    AVG(carbon_intensity_gco2eq_per_kwh) AS mean_gco2eq_per_kwh,
    100.0 * COUNT(carbon_intensity_gco2eq_per_kwh) / MAX(hours_of_day) AS coverage_percent,
    SAFE_DIVIDE(SUM(carbon_intensity_gco2eq_per_kwh * weight_mw), SUM(weight_mw)) AS load_weighted_mean_gco2eq_per_kwh,
    100.0 * COUNT(weight_mw) / MAX(hours_of_day) AS load_weighted_coverage_percent
FROM weighted
GROUP BY zone, variant, calendar, day
