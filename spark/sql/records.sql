-- When were a zone's highest and lowest hours of a month?
--
-- Rows that are flagged as impossible (sign, range) set no record. Of equal hours the first counts.
WITH measures AS (
    SELECT zone, calendar, day, at, concat(flow, '_', mode, '_mw') AS measure, mw AS value
    FROM flow_hours
    LEFT ANTI JOIN (
        SELECT zone, at FROM power_hours WHERE array_contains(quality, 'sign') OR array_contains(quality, 'range')
    ) USING (zone, at)
    UNION ALL
    SELECT zone, calendar, day, at, 'carbon_intensity_gco2eq_per_kwh', carbon_intensity_gco2eq_per_kwh
    FROM carbon_hours
    WHERE variant = 'lifecycle' AND NOT (array_contains(quality, 'sign') OR array_contains(quality, 'range'))
),
ordered AS (
    SELECT
        zone,
        calendar,
        trunc(day, 'MONTH') AS month,
        measure,
        at,
        value,
        row_number() OVER (
            PARTITION BY zone, calendar, trunc(day, 'MONTH'), measure ORDER BY value DESC, at
        ) AS place_from_top,
        row_number() OVER (
            PARTITION BY zone, calendar, trunc(day, 'MONTH'), measure ORDER BY value, at
        ) AS place_from_bottom
    FROM measures
    WHERE value IS NOT NULL
)
SELECT zone, calendar, month, measure, 'highest' AS extreme, at, value FROM ordered WHERE place_from_top = 1
UNION ALL
SELECT zone, calendar, month, measure, 'lowest' AS extreme, at, value FROM ordered WHERE place_from_bottom = 1
