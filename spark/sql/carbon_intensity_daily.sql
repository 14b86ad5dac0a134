-- How clean was the electricity that a zone consumed in a day?
--
-- The load-weighted mean is what an average kWh of the day stood for: hours with more consumption count for more. The
-- plain mean is over time, as the query API's roll-up. Each has the coverage of the hours that it is made of.
WITH weighted AS (
    SELECT *, CASE WHEN carbon_intensity_gco2eq_per_kwh IS NOT NULL THEN load_mw END AS weight_mw
    FROM carbon_hours
)
SELECT
    zone,
    variant,
    calendar,
    day,
    avg(carbon_intensity_gco2eq_per_kwh) AS mean_gco2eq_per_kwh,
    100.0D * count(carbon_intensity_gco2eq_per_kwh) / max(hours_of_day) AS coverage_percent,
    sum(carbon_intensity_gco2eq_per_kwh * weight_mw) / sum(weight_mw) AS load_weighted_mean_gco2eq_per_kwh,
    100.0D * count(weight_mw) / max(hours_of_day) AS load_weighted_coverage_percent
FROM weighted
GROUP BY zone, variant, calendar, day
