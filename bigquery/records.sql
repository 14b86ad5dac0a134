-- When were a zone's highest and lowest hours of a month?
--
-- Rows that are flagged as impossible (sign, range) set no record. Of equal hours the first counts.
WITH impossible AS (
    SELECT DISTINCT zone, hours.at
    FROM power_hours AS hours
    WHERE 'sign' IN UNNEST(quality) OR 'range' IN UNNEST(quality)
),
measures AS (
    SELECT hours.zone, calendar, day, hours.at, CONCAT(flow, '_', mode, '_mw') AS measure, mw AS value
    FROM flow_hours AS hours
    LEFT JOIN impossible ON impossible.zone = hours.zone AND impossible.at = hours.at
    WHERE impossible.zone IS NULL
    UNION ALL
    SELECT zone, calendar, day, hours.at, 'carbon_intensity_gco2eq_per_kwh', carbon_intensity_gco2eq_per_kwh
    FROM carbon_hours AS hours
    WHERE variant = 'lifecycle' AND NOT ('sign' IN UNNEST(quality) OR 'range' IN UNNEST(quality))
),
ordered AS (
    SELECT
        zone,
        calendar,
        DATE_TRUNC(day, MONTH) AS month,
        measure,
        m.at,
        value,
        ROW_NUMBER() OVER (
            PARTITION BY zone, calendar, DATE_TRUNC(day, MONTH), measure ORDER BY value DESC, m.at
        ) AS place_from_top,
        ROW_NUMBER() OVER (
            PARTITION BY zone, calendar, DATE_TRUNC(day, MONTH), measure ORDER BY value, m.at
        ) AS place_from_bottom
    FROM measures AS m
    WHERE value IS NOT NULL
)
SELECT zone, calendar, month, measure, 'highest' AS extreme, `at`, value FROM ordered WHERE place_from_top = 1
UNION ALL
SELECT zone, calendar, month, measure, 'lowest' AS extreme, `at`, value FROM ordered WHERE place_from_bottom = 1
