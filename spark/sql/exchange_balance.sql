-- Does what A says it exports to B match what B says it imports from A?
--
-- A source may name a zone's sub-zone or its parent: France exports to IT-NO, and Italy imports from France. So what is
-- said of a sub-zone counts for its parent too, and a parent that says nothing itself says the sum of its sub-zones.
-- Days are UTC's, since two zones can have different clocks. Only hours of which both sides speak are compared.
WITH told AS (
    SELECT zone AS teller, at, day, direction, other, mw
    FROM power_hours
    LATERAL VIEW explode(map('export', export_mw, 'import', import_mw)) AS direction, mw_by_zone
    LATERAL VIEW explode(mw_by_zone) AS other, mw
    WHERE calendar = 'utc'
),
with_parents AS (
    SELECT
        told.*,
        CASE WHEN own.zone IS NULL THEN teller_zone.parent END AS silent_parent,
        teller_zone.parent AS parent_of_teller,
        other_zone.parent AS parent_of_other
    FROM told
    LEFT JOIN zones AS teller_zone ON teller_zone.key = told.teller
    LEFT JOIN zones AS other_zone ON other_zone.key = told.other
    LEFT JOIN power_hours AS own ON own.zone = teller_zone.parent AND own.at = told.at AND own.calendar = 'utc'
),
by_border AS (
    SELECT
        IF(direction = 'export', teller_name, other_name) AS exporter,
        IF(direction = 'export', other_name, teller_name) AS importer,
        at,
        day,
        sum(mw) FILTER (WHERE direction = 'export') AS exported_mw,
        sum(mw) FILTER (WHERE direction = 'import') AS imported_mw
    FROM with_parents
    LATERAL VIEW explode(array(teller, silent_parent)) AS teller_name
    LATERAL VIEW explode(array(other, parent_of_other)) AS other_name
    WHERE teller_name <> other_name
        AND NOT (teller_name = teller AND other_name <=> parent_of_teller)
        AND NOT (other_name = other AND teller_name <=> parent_of_other)
    GROUP BY exporter, importer, at, day
)
SELECT
    exporter,
    importer,
    day,
    sum(exported_mw) AS exported_mwh,
    sum(imported_mw) AS imported_mwh,
    sum(exported_mw - imported_mw) AS difference_mwh,
    sum(abs(exported_mw - imported_mw)) AS absolute_difference_mwh,
    100.0D * count(*) / 24 AS coverage_percent
FROM by_border
WHERE exported_mw IS NOT NULL AND imported_mw IS NOT NULL
GROUP BY exporter, importer, day
