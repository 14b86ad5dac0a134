-- How far were the first values of an hour from its final ones, by the method that estimated the first?
--
-- First is the oldest revision, final the newest so far; an empty method is a first value that was not estimated. Error =
-- first - final, over the hours that have both; months are UTC's.
WITH revisions AS (
    SELECT zone, at, updated_at, write_timestamp_us, estimation_method, measure, value
    FROM (
        SELECT
            zone, at, updated_at, write_timestamp_us, estimation_method,
            production_total_mw, consumption_total_mw, import_total_mw, export_total_mw,
            renewable_percent, fossil_free_percent
        FROM power_breakdown_revisions
        WHERE granularity = 'hourly' AND at >= :first_day AND at < :last_day + INTERVAL 1 DAY
    )
    UNPIVOT INCLUDE NULLS (
        value FOR measure IN (
            production_total_mw, consumption_total_mw, import_total_mw, export_total_mw,
            renewable_percent, fossil_free_percent
        )
    )
    UNION ALL
    SELECT
        zone, at, updated_at, write_timestamp_us, estimation_method,
        concat(variant, '_carbon_intensity_gco2eq_per_kwh'), carbon_intensity_gco2eq_per_kwh
    FROM carbon_intensity_revisions
    WHERE granularity = 'hourly' AND at >= :first_day AND at < :last_day + INTERVAL 1 DAY
),
ends AS (
    SELECT
        zone,
        at,
        measure,
        min_by(struct(updated_at, estimation_method, value), write_timestamp_us) AS oldest,
        max_by(struct(updated_at, value), write_timestamp_us) AS newest,
        count(*) AS revisions
    FROM revisions
    GROUP BY zone, at, measure
),
pairs AS (
    SELECT
        zone,
        trunc(to_date(at), 'MONTH') AS month,
        measure,
        oldest.estimation_method,
        revisions,
        (unix_timestamp(newest.updated_at) - unix_timestamp(oldest.updated_at)) / 3600 AS hours_until_final,
        oldest.value - newest.value AS error,
        newest.value AS final_value
    FROM ends
)
SELECT
    zone,
    month,
    measure,
    estimation_method,
    count(*) AS hours,
    count_if(revisions > 1) AS revised_hours,
    avg(revisions) AS mean_revisions,
    avg(hours_until_final) AS mean_hours_until_final,
    count(error) AS compared_hours,
    avg(error) AS mean_error,
    avg(abs(error)) AS mean_absolute_error,
    sqrt(avg(error * error)) AS root_mean_square_error,
    100.0D * sum(abs(error)) / sum(CASE WHEN error IS NOT NULL THEN abs(final_value) END) AS weighted_absolute_percent_error
FROM pairs
GROUP BY zone, month, measure, estimation_method
