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
extremes AS (
    SELECT
        zone,
        calendar,
        trunc(day, 'MONTH') AS month,
        measure,
        max_by(struct(at, value), struct(value, -unix_micros(at))) AS highest,
        min_by(struct(at, value), struct(value, at)) AS lowest
    FROM measures
    WHERE value IS NOT NULL
    GROUP BY ALL
)
SELECT zone, calendar, month, measure, extreme, hour.at, hour.value
FROM extremes
LATERAL VIEW explode(map('highest', highest, 'lowest', lowest)) AS extreme, hour
