-- How far were the first values of an hour from its final ones, by the method that estimated the first?
--
-- First is the oldest revision, final the newest so far; an empty method is a first value that was not estimated.
-- Error = first - final, over the hours that have both; months are UTC's.
WITH power AS (
    SELECT
        zone, p.at, updated_at, write_timestamp_us, estimation_method,
        production_total_mw, consumption_total_mw, import_total_mw, export_total_mw,
        renewable_percent, fossil_free_percent
    FROM power_breakdown_revisions AS p
    WHERE p.at >= TIMESTAMP '$start' AND p.at < TIMESTAMP '$end' AND granularity = 'hourly'
),
revisions AS (
    SELECT zone, `at`, updated_at, write_timestamp_us, estimation_method, measure, value
    FROM power
    UNPIVOT INCLUDE NULLS (
        value FOR measure IN (
            production_total_mw, consumption_total_mw, import_total_mw, export_total_mw,
            renewable_percent, fossil_free_percent
        )
    )
    UNION ALL
    SELECT
        zone, c.at, updated_at, write_timestamp_us, estimation_method,
        CONCAT(variant, '_carbon_intensity_gco2eq_per_kwh'), carbon_intensity_gco2eq_per_kwh
    FROM carbon_intensity_revisions AS c
    WHERE c.at >= TIMESTAMP '$start' AND c.at < TIMESTAMP '$end' AND granularity = 'hourly'
),
ordered AS (
    SELECT
        *,
        ROW_NUMBER() OVER (PARTITION BY zone, measure, r.at ORDER BY write_timestamp_us) AS place,
        COUNT(*) OVER (PARTITION BY zone, measure, r.at) AS revision_count
    FROM revisions AS r
),
pairs AS (
    SELECT
        oldest.zone,
        DATE_TRUNC(DATE(oldest.at), MONTH) AS month,
        oldest.measure,
        oldest.estimation_method,
        oldest.revision_count,
        TIMESTAMP_DIFF(newest.updated_at, oldest.updated_at, SECOND) / 3600 AS hours_until_final,
        oldest.value - newest.value AS error,
        newest.value AS final_value
    FROM ordered AS oldest
    JOIN ordered AS newest
        ON newest.zone = oldest.zone AND newest.measure = oldest.measure AND newest.at = oldest.at
    WHERE oldest.place = 1 AND newest.place = newest.revision_count
)
SELECT
    zone,
    month,
    measure,
    estimation_method,
    COUNT(*) AS hours,
    COUNTIF(revision_count > 1) AS revised_hours,
    AVG(revision_count) AS mean_revisions,
    AVG(hours_until_final) AS mean_hours_until_final,
    COUNT(error) AS compared_hours,
    AVG(error) AS mean_error,
    AVG(ABS(error)) AS mean_absolute_error,
    SQRT(AVG(error * error)) AS root_mean_square_error,
    100.0 * SAFE_DIVIDE(SUM(ABS(error)), SUM(IF(error IS NOT NULL, ABS(final_value), NULL)))
        AS weighted_absolute_percent_error
FROM pairs
GROUP BY zone, month, measure, estimation_method
